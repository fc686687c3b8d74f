#include "proxy/answers.h"

#include <fmt/format.h>

#include "http/grpc.h"

namespace livefix::proxy {
namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 303:
      return "See Other";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

}  // namespace

// Sentences have nothing that grpc-message would want escaped.
std::string grpc_trailers(int status, std::string_view sentence) {
  return fmt::format("grpc-status: {}\r\ngrpc-message: livefix: {}\r\n", http::grpc_code(status),
                     sentence);
}

std::string compose_answer(const Answer& answer) {
  // Without a body, so that it ends with its head ("Trailers-Only").
  if (answer.to_grpc) {
    return fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n{}"
        "Connection: close\r\n\r\n",
        grpc_trailers(answer.status, answer.sentence));
  }
  const std::string body = fmt::format("livefix: {}.\n", answer.sentence);
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n"
      "Cache-Control: no-store\r\n{}{}{}\r\n{}",
      answer.status, reason_phrase(answer.status), body.size(), answer.fields,
      answer.retry_after ? "Retry-After: 1\r\n" : "",
      answer.close              ? "Connection: close\r\n"
      : answer.keep_alive_field ? "Connection: keep-alive\r\n"
                                : "",
      answer.head_only ? "" : body);
}

}  // namespace livefix::proxy
