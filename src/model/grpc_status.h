// How calls of gRPC end, beside how requests do. A call that has failed was answered with HTTP 200
// and says so by its grpc-status, so wherever one number tells how a request ended (routes,
// records, symptoms) it has one that no HTTP status is: kGrpcFailed and its code. Plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace livefix {

// Above all of HTTP: whoever asks for 500 and more finds it among the failures.
inline constexpr int kGrpcFailed = 1000;
inline constexpr int kLastGrpcCode = 16;
inline constexpr int kGrpcUnknown = 2;
inline constexpr int kGrpcUnimplemented = 12;

// Whether the server has failed, by the conventions of OpenTelemetry for spans of servers: UNKNOWN,
// DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. The others are answers.
constexpr bool is_grpc_failure(int code) {
  return code == kGrpcUnknown || code == 4 || (code >= kGrpcUnimplemented && code <= 15);
}

// "INTERNAL"; "UNKNOWN" of what is no code.
std::string_view grpc_code_name(int code);

constexpr int status_of_grpc_failure(int code) {
  return kGrpcFailed + code;
}
// The code of such a status; nothing of one of HTTP.
constexpr std::optional<int> grpc_failure_in(int status) {
  if (status < kGrpcFailed || status > kGrpcFailed + kLastGrpcCode) return std::nullopt;
  return status - kGrpcFailed;
}
// That the client has seen in the head of its answer.
constexpr int http_status_in(int status) {
  return grpc_failure_in(status) ? 200 : status;
}

// For people: "500", "grpc 13 INTERNAL".
std::string status_text(int status);
std::string grpc_status_text(int code);

}  // namespace livefix
