#include "control/exchange_span.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/grpc_status.h"

namespace livefix::control {
namespace {

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view kSpan = "00f067aa0ba902b7";

class ExchangeSpanTest : public ::testing::Test {
 protected:
  ExchangeSpanTest() {
    frame_.time = std::chrono::microseconds(1'764'151'200'250'000);
    frame_.took = std::chrono::microseconds(12'000);
    frame_.generation = UnitId{7};
    frame_.release = "7f3c2d1";
    frame_.cause = RecordCause::status;
    frame_.status = 500;
  }

  TraceSpan span_of(std::string_view line, std::string_view fields = "") {
    const std::string request = fmt::format("{} HTTP/1.1\r\nhost: a\r\n{}\r\n", line, fields);
    frame_.request = request;
    const observe::Redaction redaction({"iban"});
    return exchange_span(redaction.show_briefly(observe::parse_exchange(17, frame_)), "shop",
                         symptom_, ids_);
  }
  static std::string traceparent() {
    return fmt::format("traceparent: 00-{}-{}-01\r\n", kTrace, kSpan);
  }
  // "-": it has none.
  static std::string attribute(const TraceSpan& span, std::string_view key) {
    for (const SpanAttribute& one : span.attributes) {
      if (one.key != key) continue;
      if (const auto* text = std::get_if<std::string>(&one.value)) return *text;
      return std::to_string(std::get<std::int64_t>(one.value));
    }
    return "-";
  }

  RecordFrame frame_;
  std::string symptom_ = "29ab674d34";
  http::RequestIdSource ids_{{1, 2}};
};

TEST_F(ExchangeSpanTest, IsThatOfAServer) {
  const auto span = span_of("GET /cart/17?x=1", traceparent());
  EXPECT_EQ(span.name, "GET /cart/:id");
  EXPECT_EQ(span.kind, SpanKind::server);
  EXPECT_EQ(span.end.time_since_epoch().count(), 1'764'151'200'250'000'000);
  EXPECT_EQ(span.end - span.begin, std::chrono::milliseconds{12});
  EXPECT_EQ(attribute(span, "http.request.method"), "GET");
  EXPECT_EQ(attribute(span, "http.route"), "/cart/:id");
  EXPECT_EQ(attribute(span, "http.response.status_code"), "500");
  EXPECT_EQ(attribute(span, "url.path"), "/cart/17");
  EXPECT_EQ(attribute(span, "url.query"), "x=1");
  EXPECT_EQ(attribute(span, "error.type"), "500");
  EXPECT_EQ(attribute(span, "livefix.service"), "shop");
  EXPECT_EQ(attribute(span, "livefix.release"), "7f3c2d1");
  EXPECT_EQ(attribute(span, "livefix.generation"), "7");
  EXPECT_EQ(attribute(span, "livefix.symptom"), "29ab674d34");
  EXPECT_EQ(attribute(span, "livefix.request"), "17");
  EXPECT_TRUE(span.is_error);
}

TEST_F(ExchangeSpanTest, OfACallOfGrpcSaysItsCode) {
  frame_.cause = RecordCause::grpc;
  frame_.status = status_of_grpc_failure(13);
  const auto span = span_of("POST /shop.Shop/Buy");
  EXPECT_EQ(attribute(span, "http.response.status_code"), "200");
  EXPECT_EQ(attribute(span, "rpc.system.name"), "grpc");
  EXPECT_EQ(attribute(span, "rpc.response.status_code"), "INTERNAL");
  EXPECT_EQ(attribute(span, "error.type"), "INTERNAL");
  EXPECT_TRUE(span.is_error);
}

TEST_F(ExchangeSpanTest, LiesBesideThoseOfTheProgramInAClientsTrace) {
  const auto span = span_of("GET /", traceparent());
  EXPECT_EQ(span.trace_id, kTrace);
  EXPECT_EQ(span.parent_id, kSpan);
  EXPECT_EQ(span.span_id.size(), 16U);
  EXPECT_NE(span.span_id, kSpan);
}

TEST_F(ExchangeSpanTest, IsTheParentOfThoseOfTheProgramWhereTheTraceBegan) {
  frame_.trace_begins = true;
  const auto span = span_of("GET /", traceparent());
  EXPECT_EQ(span.trace_id, kTrace);
  EXPECT_EQ(span.span_id, kSpan);
  EXPECT_EQ(span.parent_id, "");
}

TEST_F(ExchangeSpanTest, HasATraceOfItsOwnWhereTheRequestHasNone) {
  const auto one = span_of("GET /");
  const auto other = span_of("GET /");
  EXPECT_EQ(one.trace_id.size(), 32U);
  EXPECT_EQ(one.parent_id, "");
  EXPECT_NE(one.trace_id, other.trace_id);
}

TEST_F(ExchangeSpanTest, HidesSecrets) {
  const auto span = span_of("GET /pay/hunter2hunter2?iban=DE1234567&token=abcdefgh",
                            "authorization: Bearer hunter2hunter2\r\n");
  for (const SpanAttribute& one : span.attributes) {
    const auto* text = std::get_if<std::string>(&one.value);
    for (const auto* secret : {"hunter2", "DE1234567", "abcdefgh"}) {
      EXPECT_TRUE(!text || text->find(secret) == std::string::npos) << one.key << " " << *text;
    }
  }
}

TEST_F(ExchangeSpanTest, SaysWhatWentWrong) {
  frame_.cause = RecordCause::timed_out;
  frame_.status = 504;
  frame_.detail = "no answer within 1 s";
  const auto late = span_of("GET /");
  EXPECT_EQ(attribute(late, "error.type"), "timed_out");
  EXPECT_EQ(late.error, "no answer within 1 s");
  frame_.cause = RecordCause::status;
  frame_.status = 409;
  EXPECT_FALSE(span_of("GET /").is_error) << "that was the client";
}

TEST_F(ExchangeSpanTest, HasOneNameForMethodsThatNobodyKnows) {
  symptom_.clear();
  const auto span = span_of("BREW /pot");
  EXPECT_EQ(span.name, "HTTP /pot");
  EXPECT_EQ(attribute(span, "http.request.method"), "_OTHER");
  EXPECT_EQ(attribute(span, "http.request.method_original"), "BREW");
  EXPECT_EQ(attribute(span, "livefix.symptom"), "-");
}

}  // namespace
}  // namespace livefix::control
