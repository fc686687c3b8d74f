#include "http/http2_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "http/characters.h"
#include "http/request_scanner.h"

namespace livefix::http {
namespace {

// RFC 9113 section 8.2.2: they belong to a connection of HTTP/1.
constexpr std::array<std::string_view, 5> kForbidden = {
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"};

bool is_field_value(std::string_view value) {
  return find_control(value, 0) == value.size() && trim_blanks(value).size() == value.size();
}

// Goes into the start line: no blanks, nothing that ends it.
bool is_visible(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != 0x7f;
  });
}

bool is_lowercase_token(std::string_view name) {
  return is_token(name) && std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Takes a pseudo-field that may come once.
bool set_once(std::string& field, std::string_view value) {
  if (!field.empty() || !is_visible(value)) return false;
  field = value;
  return true;
}

// Servers expect a length where there could have been a body (RFC 9110 section 8.6).
bool wants_length(Method method) {
  return method == Method::post || method == Method::put || method == Method::patch ||
         method == Method::other;
}

}  // namespace

// --- field lines ---------------------------------------------------------------------------------

bool Http2FieldLines::add(std::string_view name, std::string_view value) {
  if (!is_lowercase_token(name) || !is_field_value(value)) return false;
  if (std::ranges::find(kForbidden, name) != kForbidden.end()) return false;
  if (name == "te" && !equals_lowercase(value, "trailers")) return false;
  if (lines_.size() + cookie_.size() + name.size() + value.size() > kMaxHeadBytes) return false;
  if (name == "cookie") {
    if (!cookie_.empty()) cookie_ += "; ";
    cookie_ += value;
    return true;
  }
  has_length_ |= name == "content-length";
  has_host_ |= name == "host";
  fmt::format_to(std::back_inserter(lines_), "{}: {}\r\n", name, value);
  return true;
}

std::string Http2FieldLines::take() {
  if (!cookie_.empty()) {
    fmt::format_to(std::back_inserter(lines_), "cookie: {}\r\n", cookie_);
    cookie_.clear();
  }
  return std::exchange(lines_, {});
}

// --- requests ------------------------------------------------------------------------------------

bool Http2RequestHead::add(std::string_view name, std::string_view value) {
  if (name == ":method") {
    method_ = method_of(value);
    return is_token(value) && set_once(method_name_, value);
  }
  if (name == ":authority") return set_once(authority_, value);
  if (name == ":path") return set_once(path_, value);
  if (name == ":protocol") return is_token(value) && set_once(protocol_, value);
  if (name == ":scheme") return true;  // the door by which it came says that
  if (name == "host") {
    // Written as the first line, once; it must not contradict the authority.
    return set_once(host_, value);
  }
  // It has none of its own (RFC 8441 section 5), and one too many is no handshake.
  if (is_tunnel() && name == "sec-websocket-key") return true;
  return lines_.add(name, value);
}

// Never with an authority of its own, which would be a second one (RFC 9113 section 8.3.1).
bool Http2RequestHead::has_plain_path() const {
  return path_.starts_with('/') || (path_ == "*" && method_ == Method::options);
}

std::optional<std::string> Http2RequestHead::compose(bool ends, std::string_view websocket_key) {
  if (method_name_.empty()) return std::nullopt;
  if (!host_.empty() && !authority_.empty() && !equals_ignoring_case(host_, authority_)) {
    return std::nullopt;
  }
  const std::string& host = authority_.empty() ? host_ : authority_;
  std::string head;
  if (is_tunnel()) {
    // A length would be that of a body, and there is none.
    if (method_ != Method::connect || !has_plain_path() || lines_.has_length()) return std::nullopt;
    head += fmt::format("GET {} HTTP/1.1\r\n", path_);
  } else if (method_ == Method::connect) {
    head += fmt::format("CONNECT {} HTTP/1.1\r\n", authority_);
  } else {
    if (!has_plain_path()) return std::nullopt;
    head += fmt::format("{} {} HTTP/1.1\r\n", method_name_, path_);
  }
  if (!host.empty()) head += fmt::format("host: {}\r\n", host);
  const bool has_length = lines_.has_length();
  head += lines_.take();
  if (is_tunnel()) {
    head +=
        fmt::format("upgrade: {}\r\nconnection: upgrade, close\r\nsec-websocket-key: {}\r\n\r\n",
                    protocol_, websocket_key);
    return head;
  }
  chunked_ = !ends && !has_length;
  if (chunked_) head += "transfer-encoding: chunked\r\n";
  if (ends && !has_length && wants_length(method_)) head += "content-length: 0\r\n";
  // A stream carries one request.
  head += "connection: close\r\n\r\n";
  return head;
}

// --- responses -----------------------------------------------------------------------------------

bool Http2ResponseHead::add(std::string_view name, std::string_view value) {
  if (name != ":status") return lines_.add(name, value);
  if (status_ != 0 || value.size() != 3 || !std::ranges::all_of(value, is_digit)) return false;
  status_ = (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
  // HTTP/2 has no upgrade (RFC 9113 section 8.6).
  return status_ >= 100 && status_ != 101;
}

std::optional<std::string> Http2ResponseHead::compose(bool ends, Method request) {
  if (status_ == 0) return std::nullopt;
  const bool has_length = lines_.has_length();
  std::string head = fmt::format("HTTP/1.1 {} \r\n{}", status_, lines_.take());
  const bool bodiless = request == Method::head || is_interim() || status_ == 204 || status_ == 304;
  chunked_ = !bodiless && !has_length;
  if (chunked_) head += "transfer-encoding: chunked\r\n";
  if (!is_interim()) head += "connection: close\r\n";
  head += "\r\n";
  if (chunked_ && ends) append_last_chunk(head, {});
  return head;
}

// --- bodies --------------------------------------------------------------------------------------

void append_chunk(std::string& out, std::string_view payload) {
  if (payload.empty()) return;  // it would end the body
  fmt::format_to(std::back_inserter(out), "{:x}\r\n{}\r\n", payload.size(), payload);
}

void append_last_chunk(std::string& out, std::string_view trailers) {
  fmt::format_to(std::back_inserter(out), "0\r\n{}\r\n", trailers);
}

}  // namespace livefix::http
