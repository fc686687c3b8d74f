#include "model/grpc_status.h"

#include <fmt/format.h>

#include <array>

namespace livefix {
namespace {

constexpr std::array<std::string_view, kLastGrpcCode + 1> kNames{
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};

}  // namespace

std::string_view grpc_code_name(int code) {
  const bool is_known = code >= 0 && code <= kLastGrpcCode;
  return kNames.at(static_cast<std::size_t>(is_known ? code : kGrpcUnknown));
}

std::string status_text(int status) {
  const auto code = grpc_failure_in(status);
  return code ? grpc_status_text(*code) : fmt::to_string(status);
}

std::string grpc_status_text(int code) {
  return fmt::format("grpc {} {}", code, grpc_code_name(code));
}

}  // namespace livefix
