#include "cli/recorded_request.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

constexpr std::string_view kRecorded =
    R"({"id":17,"time":"2026-11-26T10:12:31.123Z","service":"shop",
  "release":"dev-3","generation":3,"method":"POST","target":"/checkout","route":"/checkout",
  "status":502,"cause":"backend_closed","took_ms":12.3,"detail":"it ended","trace":"4bf9","unfinished":false,
  "request":{"first_line":"POST /checkout HTTP/1.1","fields":[["host","a"]],
    "body":{"size":10,"bytes":10,"cut":true,"text":"one\r\ntwo\u001b[2J"}},"answer":null})";

TEST(RecordedRequest, IsALineOfATable) {
  const auto list = parse_recorded_list(R"({"requests":[)" + std::string(kRecorded) +
                                        R"(],"kept":1,"forgotten":0,"dropped":3})");
  ASSERT_TRUE(list);
  const auto table = recorded_table(*list);
  EXPECT_NE(table.find("    17  2026-11-26 10:12:31  dev-3       502  backend closed      12 ms"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("POST   /checkout\n"), std::string::npos) << table;
  EXPECT_NE(table.find("3 more came too fast"), std::string::npos);
  EXPECT_EQ(recorded_table({}), "nothing is recorded that fits\n");
}

TEST(RecordedRequest, IsReadAsItWent) {
  const auto one = parse_recorded_request(kRecorded);
  ASSERT_TRUE(one);
  EXPECT_EQ(recorded_text(*one),
            "request 17  2026-11-26 10:12:31 UTC  shop dev-3  took 12 ms\n"
            "trace 4bf9\n"
            "backend closed: it ended\n\n"
            "POST /checkout HTTP/1.1\nhost: a\n\none\ntwo^[[2J\n(cut: there was more)\n\n"
            "(no answer of the program; the client got 502)\n");
}

TEST(RecordedRequest, OfACallOfGrpcSaysItsCode) {
  constexpr std::string_view kCall =
      R"({"id":18,"time":"2026-11-26T10:12:31.5Z","service":"shop","release":"dev-3",)"
      R"("method":"POST","target":"/shop.Shop/Buy","status":200,"grpc_status":4,"cause":"grpc",)"
      R"("took_ms":12,"detail":"the program ended the call"})";
  const auto list = parse_recorded_list(R"({"requests":[)" + std::string(kCall) + "]}");
  ASSERT_TRUE(list);
  const auto table = recorded_table(*list);
  EXPECT_NE(table.find("  200  grpc 4 DEADLINE_EXCEEDED      12 ms"), std::string::npos) << table;
  const auto one = parse_recorded_request(kCall);
  ASSERT_TRUE(one);
  const auto text = recorded_text(*one);
  EXPECT_NE(text.find("\ngrpc 4 DEADLINE_EXCEEDED: the program ended the call\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("its answer began with 200"), std::string::npos) << text;
}

TEST(RecordedRequest, DoesNothingToTheTerminal) {
  const auto list = parse_recorded_list(
      R"({"requests":[{"id":1,"method":"\u001b[31m","target":"/\u009b2J\u202e","release":"\u0007"}]})");
  ASSERT_TRUE(list);
  for (const std::string_view bad : {"\x1b", "\xc2\x9b", "\xe2\x80\xae", "\x07"}) {
    EXPECT_EQ(recorded_table(*list).find(bad), std::string::npos);
  }
  const auto binary = parse_recorded_request(
      R"({"answer":{"first_line":"HTTP/1.1 500 \u001b","fields":[["a","\u001b"],["b"],7],
          "body":{"size":4,"binary":true}}})");
  ASSERT_TRUE(binary);
  const auto text = recorded_text(*binary);
  EXPECT_NE(text.find("(4 bytes that are no text)"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_FALSE(parse_recorded_list("nothing"));
}

}  // namespace
}  // namespace livefix::cli
