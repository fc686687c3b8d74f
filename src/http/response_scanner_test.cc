#include "http/response_scanner.h"

#include <gtest/gtest.h>

#include <string>

namespace livefix::http {
namespace {

bool is_complete(std::string_view input, ResponseHead& head) {
  return std::holds_alternative<Complete>(scan_response(input, head));
}

TEST(ResponseScanner, TakesAnOrdinaryResponse) {
  ResponseHead head;
  ASSERT_TRUE(
      is_complete("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nKeep-Alive: max=9, "
                  "timeout=5\r\n\r\nabc",
                  head));
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not Found");
  EXPECT_EQ(std::get<LengthBody>(head.body).bytes, 3U);
  EXPECT_EQ(head.keep_alive_seconds, 5U);
  EXPECT_TRUE(head.keep_alive);
}

TEST(ResponseScanner, KnowsHowTheBodyEnds) {
  ResponseHead head;
  ASSERT_TRUE(is_complete("HTTP/1.0 200\r\n\r\n", head));
  EXPECT_TRUE(std::holds_alternative<CloseBody>(head.body));
  EXPECT_FALSE(head.keep_alive);
  ASSERT_TRUE(is_complete("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n", head));
  EXPECT_TRUE(std::holds_alternative<ChunkedBody>(body_of(head, Method::get)));
  EXPECT_TRUE(std::holds_alternative<NoBody>(body_of(head, Method::head)));
  for (const char* status : {"204", "304", "100", "103", "101"}) {
    ASSERT_TRUE(
        is_complete("HTTP/1.1 " + std::string(status) + " x\r\nContent-Length: 9\r\n\r\n", head));
    EXPECT_TRUE(std::holds_alternative<NoBody>(body_of(head, Method::get))) << status;
  }
}

TEST(ResponseScanner, RefusesWhatIsMalformed) {
  const std::string cases[] = {
      "HTTP/2.0 200 OK\r\n\r\n",
      "HTTP/1.2 200 OK\r\n\r\n",
      "ICY 200 OK\r\n\r\n",
      "HTTP/1.1  200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 099 OK\r\n\r\n",
      "HTTP/1.1 200 O\x01K\r\n\r\n",
      "HTTP/1.1 200 OK\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: " + std::string(kMaxHeadBytes, 'x')};
  for (const auto& input : cases) {
    ResponseHead head;
    const auto outcome = scan_response(input, head);
    const auto* refusal = std::get_if<Refusal>(&outcome);
    ASSERT_TRUE(refusal) << input.substr(0, 80);
    EXPECT_EQ(refusal->status, 502);
  }
}

TEST(ResponseScanner, WaitsForTheEnd) {
  const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
  ResponseHead head;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string prefix = whole.substr(0, size);
    EXPECT_TRUE(std::holds_alternative<NeedsMore>(scan_response(prefix, head))) << size;
  }
}

}  // namespace
}  // namespace livefix::http
