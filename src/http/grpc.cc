#include "http/grpc.h"

#include <algorithm>

#include "http/characters.h"

namespace livefix::http {
namespace {

// Also "application/grpc+proto" and "application/grpc; a=b".
bool names_grpc(std::string_view type) {
  constexpr std::string_view kGrpc = "application/grpc";
  if (!equals_lowercase(type.substr(0, kGrpc.size()), kGrpc)) return false;
  const std::string_view rest = trim_blanks(type.substr(kGrpc.size()));
  return rest.empty() || rest.front() == '+' || rest.front() == ';';
}

}  // namespace

bool is_grpc(const RequestHead& head) {
  return std::ranges::any_of(head.fields, [](const Field& field) {
    return equals_lowercase(field.name, "content-type") && names_grpc(field.value);
  });
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
