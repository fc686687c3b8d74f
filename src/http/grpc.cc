#include "http/grpc.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "http/characters.h"

namespace livefix::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kStatusField = "grpc-status";
constexpr std::string_view kMessageField = "grpc-message";
constexpr int kUnknownCode = 2;
constexpr int kLastCode = 16;

// Of the last field of that name, in lines: trailers stand behind what the head has said.
std::optional<std::string_view> value_in(std::string_view lines, std::string_view name) {
  std::optional<std::string_view> value;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find(kLineEnd));
    lines.remove_prefix(std::min(line.size() + kLineEnd.size(), lines.size()));
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (equals_lowercase(line.substr(0, name.size()), name)) {
      value = trim_blanks(line.substr(name.size() + 1));
    }
  }
  return value;
}

// Percent-encoded, and what is not well encoded stays as it is.
std::string decoded_message(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const int high = text.size() > 2 ? hexadecimal_value(text[1]) : -1;
    const int low = text.size() > 2 ? hexadecimal_value(text[2]) : -1;
    const bool is_encoded = text.front() == '%' && high >= 0 && low >= 0;
    const char c = is_encoded ? static_cast<char>(high << 4 | low) : text.front();
    plain += is_control(c) ? ' ' : c;
    text.remove_prefix(is_encoded ? 3 : 1);
  }
  return plain;
}

}  // namespace

// Also "application/grpc+proto" and "application/grpc; a=b".
bool is_grpc_type(std::string_view type) {
  constexpr std::string_view kGrpc = "application/grpc";
  if (!equals_lowercase(type.substr(0, kGrpc.size()), kGrpc)) return false;
  const std::string_view rest = trim_blanks(type.substr(std::min(kGrpc.size(), type.size())));
  return rest.empty() || rest.front() == '+' || rest.front() == ';';
}

bool is_grpc(const RequestHead& head) {
  return std::ranges::any_of(head.fields, [](const Field& field) {
    return equals_lowercase(field.name, "content-type") && is_grpc_type(field.value);
  });
}

std::optional<GrpcAnswer> GrpcAnswer::of(const ResponseHead& head) {
  // Others say by their status how they ended (gRPC: "HTTP to gRPC Status Code Mapping").
  if (head.status != 200) return std::nullopt;
  GrpcAnswer answer;
  bool is_one = false;
  for (const Field& field : head.fields) {
    if (equals_lowercase(field.name, "content-type")) is_one |= is_grpc_type(field.value);
    const bool is_status = equals_lowercase(field.name, kStatusField);
    is_one |= is_status;
    if (!is_status && !equals_lowercase(field.name, kMessageField)) continue;
    answer.trailers_.append(field.name).append(":").append(field.value).append(kLineEnd);
  }
  return is_one ? std::optional(std::move(answer)) : std::nullopt;
}

std::optional<int> GrpcAnswer::code() const {
  const auto text = value_in(trailers_, kStatusField);
  if (!text) return std::nullopt;
  int code = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), code);
  const bool is_number = parsed.ec == std::errc{} && parsed.ptr == text->data() + text->size();
  return is_number && code >= 0 && code <= kLastCode ? code : kUnknownCode;
}

std::string GrpcAnswer::message() const {
  const std::string_view text = value_in(trailers_, kMessageField).value_or("");
  return text.size() <= kMaxMessage ? decoded_message(text) : std::string();
}

int grpc_code(int status) {
  enum : std::uint8_t {
    kUnknown = 2,
    kDeadlineExceeded = 4,
    kResourceExhausted = 8,
    kUnimplemented = 12,
    kInternal = 13,
    kUnavailable = 14,
  };
  switch (status) {
    case 400:
      return kInternal;
    case 404:
      return kUnimplemented;
    case 408:
    case 504:
      return kDeadlineExceeded;
    case 413:
    case 431:
      return kResourceExhausted;
    case 429:
    case 502:
    case 503:
      return kUnavailable;
    default:
      return kUnknown;
  }
}

}  // namespace livefix::http
