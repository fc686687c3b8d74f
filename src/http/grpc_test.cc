#include "http/grpc.h"

#include <gtest/gtest.h>

#include <string>

#include "http/request_scanner.h"
#include "http/response_scanner.h"

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

std::optional<GrpcAnswer> answer_of(const std::string& fields, const std::string& status = "200") {
  ResponseHead head;
  const std::string text = "HTTP/1.1 " + status + " \r\n" + fields + "\r\n";
  EXPECT_TRUE(std::holds_alternative<Complete>(scan_response(text, head)));
  return GrpcAnswer::of(head);
}

std::optional<GrpcAnswer> answer_with(std::string_view trailers) {
  auto answer = answer_of("content-type: application/grpc\r\n");
  EXPECT_TRUE(answer);
  for (const char c : trailers) answer->add_trailer(c);
  return answer;
}

TEST(GrpcAnswerTest, IsKnownByItsHead) {
  EXPECT_TRUE(answer_of("Content-Type: application/grpc+proto\r\n"));
  EXPECT_TRUE(answer_of("grpc-status: 0\r\n")) << "some say nothing else";
  EXPECT_FALSE(answer_of("Content-Type: text/html\r\n"));
  EXPECT_FALSE(answer_of(""));
  EXPECT_FALSE(answer_of("Content-Type: application/grpc\r\n", "503")) << "that says enough";
}

TEST(GrpcAnswerTest, SaysHowItEnded) {
  const auto answer = answer_with("grpc-message: a%20b%0a%zz\r\nGrpc-Status: 13\r\n\r\n");
  EXPECT_EQ(answer->code(), 13);
  EXPECT_EQ(answer->message(), "a b %zz");
  EXPECT_EQ(answer_of("grpc-status: 5\r\ngrpc-message: none\r\n")->code(), 5);
}

TEST(GrpcAnswerTest, TrailersHaveTheLastWord) {
  auto answer = answer_of("content-type: application/grpc\r\ngrpc-status: 0\r\n");
  for (const char c : std::string_view("grpc-status: 2\r\n\r\n")) answer->add_trailer(c);
  EXPECT_EQ(answer->code(), 2);
}

TEST(GrpcAnswerTest, WhatIsNoCodeIsUnknown) {
  for (const char* text : {"", "x", "-1", "17", "1 3", "99999999999999"}) {
    EXPECT_EQ(answer_with("grpc-status: " + std::string(text) + "\r\n\r\n")->code(), 2) << text;
  }
  EXPECT_EQ(answer_with("x-grpc-status: 0\r\n\r\n")->code(), std::nullopt);
  EXPECT_EQ(answer_with("")->code(), std::nullopt);
}

TEST(GrpcAnswerTest, ALongMessageIsLeftOut) {
  const std::string text(GrpcAnswer::kMaxMessage, 'a');
  EXPECT_EQ(answer_with("grpc-message: " + text + "\r\n\r\n")->message(), text);
  EXPECT_EQ(answer_with("grpc-message: " + text + "a\r\n\r\n")->message(), "");
}

}  // namespace
}  // namespace livefix::http
