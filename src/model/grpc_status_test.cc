#include "model/grpc_status.h"

#include <gtest/gtest.h>

#include <vector>

namespace livefix {
namespace {

// Semantic conventions of OpenTelemetry for gRPC, spans of servers.
TEST(GrpcStatus, SomeCodesAreTheServersFailuresAndTheOthersAreAnswers) {
  std::vector<int> failures;
  for (int code = 0; code <= kLastGrpcCode; ++code) {
    if (is_grpc_failure(code)) failures.push_back(code);
  }
  EXPECT_EQ(failures, (std::vector<int>{2, 4, 12, 13, 14, 15}));
}

TEST(GrpcStatus, AFailureIsAboveEachStatusOfHttpAndKeepsItsCode) {
  const int internal = status_of_grpc_failure(13);
  EXPECT_GT(internal, 599);
  EXPECT_EQ(grpc_failure_in(internal), 13);
  EXPECT_EQ(http_status_in(internal), 200);
  for (const int status : {0, 200, 503, 999, kGrpcFailed + kLastGrpcCode + 1}) {
    EXPECT_FALSE(grpc_failure_in(status)) << status;
    EXPECT_EQ(http_status_in(status), status);
  }
}

TEST(GrpcStatus, IsReadAsPeopleSayIt) {
  EXPECT_EQ(status_text(502), "502");
  EXPECT_EQ(status_text(status_of_grpc_failure(13)), "grpc 13 INTERNAL");
  EXPECT_EQ(grpc_code_name(16), "UNAUTHENTICATED");
  EXPECT_EQ(grpc_code_name(99), "UNKNOWN");
  EXPECT_EQ(grpc_code_name(-1), "UNKNOWN");
}

}  // namespace
}  // namespace livefix
