#include "http/grpc.h"

#include <gtest/gtest.h>

#include <string>

#include "http/request_scanner.h"

namespace livefix::http {
namespace {

bool is_call(const std::string& type) {
  RequestHead head;
  const std::string text =
      "POST /shop.Shop/Buy HTTP/1.1\r\nHost: shop\r\nContent-Type: " + type + "\r\n\r\n";
  EXPECT_TRUE(std::holds_alternative<Complete>(scan_request(text, head)));
  return is_grpc(head);
}

TEST(GrpcTest, IsKnownByItsContentType) {
  for (const char* type : {"application/grpc", "Application/gRPC", "application/grpc+proto",
                           "application/grpc+json", "application/grpc ; a=b"}) {
    EXPECT_TRUE(is_call(type)) << type;
  }
}

TEST(GrpcTest, WhatIsOnlyCalledLikeItIsNone) {
  for (const char* type : {"application/grpc-web", "application/grpc-web+proto",
                           "application/grpcx", "application/json", "application/gr", ""}) {
    EXPECT_FALSE(is_call(type)) << type;
  }
}

// A client that calls again what is UNAVAILABLE must not do so with what was delivered and lasts.
TEST(GrpcTest, OnlyWhatMayBeCalledAgainIsUnavailable) {
  for (const int status : {429, 502, 503}) EXPECT_EQ(grpc_code(status), 14) << status;
  for (const int status : {400, 404, 408, 413, 431, 501, 504}) {
    EXPECT_NE(grpc_code(status), 14) << status;
    EXPECT_GT(grpc_code(status), 0) << status;
  }
}

}  // namespace
}  // namespace livefix::http
