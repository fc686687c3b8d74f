#include "control/otlp_span.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace livefix::control {
namespace {

constexpr SpanTime kBegan{std::chrono::nanoseconds{1'764'151'200'250'000'001}};

TraceSpan server_span() {
  return {.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
          .span_id = "00f067aa0ba902b7",
          .parent_id = "53995c3f42cd8ad8",
          .name = "GET /cart/:id",
          .kind = SpanKind::server,
          .begin = kBegan,
          .end = kBegan + std::chrono::milliseconds{12},
          .attributes = {{"http.request.method", "GET"},
                         {"http.response.status_code", std::int64_t{500}},
                         {"livefix.services", std::vector<std::string>{"shop", "cart"}}},
          .is_error = true};
}

TEST(OtlpTraces, AreAsTheProtocolHasThem) {
  const std::vector<SpanAttribute> resource{{"service.name", "livefix"}};
  const std::vector spans{server_span()};
  EXPECT_EQ(otlp_traces(resource, spans),
            R"({"resourceSpans":[{"resource":{"attributes":[)"
            R"({"key":"service.name","value":{"stringValue":"livefix"}}]},)"
            R"("scopeSpans":[{"scope":{"name":"livefix","version":")" LIVEFIX_VERSION
            R"("},"spans":[)"
            R"({"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7",)"
            R"("parentSpanId":"53995c3f42cd8ad8","name":"GET /cart/:id","kind":2,)"
            R"("startTimeUnixNano":"1764151200250000001","endTimeUnixNano":"1764151200262000001",)"
            R"("attributes":[)"
            R"({"key":"http.request.method","value":{"stringValue":"GET"}},)"
            R"({"key":"http.response.status_code","value":{"intValue":"500"}},)"
            R"({"key":"livefix.services","value":{"arrayValue":{"values":[)"
            R"({"stringValue":"shop"},{"stringValue":"cart"}]}}}],)"
            R"("status":{"code":2}}]}]}]})");
}

TEST(OtlpTraces, LeaveOutWhatIsNotThere) {
  TraceSpan span = server_span();
  span.parent_id.clear();
  span.is_error = false;
  span.error = "of no error";
  const std::string text = otlp_traces({}, std::vector{span});
  for (const auto* key : {"parentSpanId", "events", "status\":", "of no error"}) {
    EXPECT_EQ(text.find(key), std::string::npos) << key;
  }
}

TEST(OtlpTraces, HaveEventsAndTheReasonOfAnError) {
  TraceSpan span = server_span();
  span.events = {{kBegan, "50 % \"of\" traffic"}};
  span.error = "too many errors";
  const auto parsed = boost::json::parse(otlp_traces({}, std::vector{span}));
  const auto& sent = parsed.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").at(0);
  EXPECT_EQ(sent.at("events"),
            boost::json::parse(
                R"([{"timeUnixNano":"1764151200250000001","name":"50 % \"of\" traffic"}])"));
  EXPECT_EQ(sent.at("status"), boost::json::parse(R"({"code":2,"message":"too many errors"})"));
}

TEST(PartialSuccess, SaysHowManyWereNotTaken) {
  const auto of = [](std::string_view answer) {
    const auto partial = partial_success(answer);
    return std::to_string(partial.rejected) + " " + partial.message;
  };
  EXPECT_EQ(of(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}})"),
            "3 too old");
  EXPECT_EQ(of(R"({"partialSuccess":{"rejectedSpans":2}})"), "2 ");
  for (const auto* nothing :
       {"", "{}", "{\"partialSuccess\":{}}", "[]", "no JSON", R"({"partialSuccess":[]})",
        R"({"partialSuccess":{"rejectedSpans":"x","errorMessage":7}})"}) {
    EXPECT_EQ(of(nothing), "0 ") << nothing;
  }
}

}  // namespace
}  // namespace livefix::control
