// Fields of an HTTP/2 message, written as the head of an HTTP/1.1 message: behind an HTTP/2 peer
// everything works on HTTP/1 bytes, and what the strict scanners do not take does not exist.
// (Requests that are turned from HTTP/2 to HTTP/1.1 are where smuggling has been found most.)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"

namespace livefix::http {

// What both directions share: the field lines.
class Http2FieldLines {
 public:
  // False when it is no field of a message (RFC 9113 section 8.2), or too much.
  [[nodiscard]] bool add(std::string_view name, std::string_view value);

  bool has_length() const { return has_length_; }
  bool has_host() const { return has_host_; }
  // With CRLF behind each; the crumbs of a cookie in one (RFC 9113 section 8.2.3).
  std::string take();

 private:
  std::string lines_;
  std::string cookie_;
  bool has_length_ = false;
  bool has_host_ = false;
};

class Http2RequestHead {
 public:
  [[nodiscard]] bool add(std::string_view name, std::string_view value);

  // After the last field; nullopt when the request is malformed. `ends`: no body follows.
  // `websocket_key` stands for the one that an HTTP/2 WebSocket has not (RFC 8441 section 5).
  std::optional<std::string> compose(bool ends, std::string_view websocket_key);

  // Of the composed head: the body's framing, to be added to each piece.
  bool is_chunked() const { return chunked_; }
  // What follows are the bytes of a WebSocket.
  bool is_tunnel() const { return !protocol_.empty(); }
  Method method() const { return is_tunnel() ? Method::get : method_; }

 private:
  bool has_plain_path() const;

  std::string method_name_;
  std::string authority_;
  std::string path_;
  std::string protocol_;
  Http2FieldLines lines_;
  std::string host_;
  Method method_ = Method::other;
  bool chunked_ = false;
};

class Http2ResponseHead {
 public:
  [[nodiscard]] bool add(std::string_view name, std::string_view value);

  // As above; `request` is the method that is answered. Where no body follows and none may, it is
  // the whole message.
  std::optional<std::string> compose(bool ends, Method request);

  bool is_chunked() const { return chunked_; }
  bool is_interim() const { return status_ < 200; }

 private:
  int status_ = 0;
  Http2FieldLines lines_;
  bool chunked_ = false;
};

// A piece of a chunked body, and its end with trailers ("name: value" lines with CRLF, or none).
void append_chunk(std::string& out, std::string_view payload);
void append_last_chunk(std::string& out, std::string_view trailers);

}  // namespace livefix::http
