// What control makes of the records in the proxy's rings.
#include <gtest/gtest.h>

#include <boost/json/value.hpp>

#include "control/driver_harness.h"
#include "model/record_frame.h"
#include "model/record_ring.h"
#include "os/shared_memory.h"

namespace livefix::control {
namespace {

using namespace livefix::control::testing;

class RecordingsTest : public DriverTest {
 protected:
  RecordingsTest() { run_.services[0].traffic.record.redact = {"iban"}; }

  // As a worker of the proxy does.
  void record(std::string_view target, int status, RecordCause cause = RecordCause::status) {
    RecordFrame frame;
    frame.cause = cause;
    frame.status = static_cast<std::uint16_t>(status);
    frame.time = std::chrono::microseconds(1'764'000'000'123'000);
    frame.took = std::chrono::microseconds(12'300);
    frame.release = "dev-1";
    const std::string request = fmt::format(
        "POST {} HTTP/1.1\r\nhost: a\r\ncookie: sid=secret-one\r\n\r\n{{\"iban\":\"secret-two\"}}",
        target);
    const std::string answer = fmt::format("HTTP/1.1 {} Oh\r\n\r\nsecret-two", status);
    frame.request = request;
    frame.answer = answer;
    RecordFrameFixed fixed;
    writer().append(encode_record(frame, fixed));
  }
  RecordRingWriter writer() { return {ring(), wake_.get()}; }
  RecordRing& ring() { return *static_cast<RecordRing*>(mapping_.data()); }
  boost::json::value get(const std::string& target) { return body_of(ask(http("GET", target))); }

  os::Mapping mapping_ =
      std::move(*os::Mapping::of(rings_, sizeof(RecordRing), os::Mapping::Access::read_write));
};

TEST_F(RecordingsTest, WhatIsMirroredIsNotKept) {
  begin();
  RecordFrame frame;
  frame.mirrored = true;
  frame.request = "GET /secret-one HTTP/1.1\r\n\r\n";
  frame.answer = "HTTP/1.1 200 OK\r\n\r\n";
  RecordFrameFixed fixed;
  writer().append(encode_record(frame, fixed));
  record("/cart/17", 500);
  const auto all = get("/v1/requests");
  EXPECT_EQ(all.at("kept"), 1);
  EXPECT_EQ(all.at("dropped"), 0);
  EXPECT_EQ(all.at("requests").at(0).at("route"), "/cart/:id");
}

TEST_F(RecordingsTest, AreListedNewestFirst) {
  begin();
  record("/cart/17", 500);
  record("/ok", 200, RecordCause::healthy);
  const auto all = get("/v1/requests");
  ASSERT_EQ(all.at("requests").as_array().size(), 2U);
  EXPECT_EQ(all.at("kept"), 2);
  EXPECT_EQ(all.at("dropped"), 0);
  const auto& one = all.at("requests").at(1);
  EXPECT_EQ(one.at("time"), "2025-11-24T16:00:00.123Z");
  EXPECT_EQ(one.at("service"), "shop");
  EXPECT_EQ(one.at("release"), "dev-1");
  EXPECT_EQ(one.at("route"), "/cart/:id");
  EXPECT_EQ(one.at("cause"), "status");
  EXPECT_EQ(one.at("took_ms"), 12.3);
  const auto count = [this](const char* query) {
    return get(std::string("/v1/requests?") + query).at("requests").as_array().size();
  };
  EXPECT_EQ(count("failures=true"), 1U);
  EXPECT_EQ(count("status=500"), 1U);
  EXPECT_EQ(count("cause=healthy"), 1U);
  EXPECT_EQ(count("route=/cart/:id"), 1U);
  EXPECT_EQ(count("service=shop"), 2U);
  EXPECT_EQ(count("most=1"), 1U);
}

TEST_F(RecordingsTest, AreShownWithoutSecrets) {
  begin();
  record("/login?token=secret-three", 500);
  const auto id = get("/v1/requests").at("requests").at(0).at("id").to_number<int>();
  for (const char* as : {"", "&as=curl", "&as=har"}) {
    const std::string answer = ask(http("GET", fmt::format("/v1/request?id={}{}", id, as)));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
    EXPECT_NE(answer.find("/login"), std::string::npos);
    EXPECT_EQ(answer.find("secret-"), std::string::npos) << answer;
  }
  EXPECT_EQ(get(fmt::format("/v1/request?id={}", id)).at("answer").at("body").at("text"),
            "[redacted]");
}

TEST_F(RecordingsTest, RefusesQuestionsThatMakeNoSense) {
  begin();
  EXPECT_TRUE(ask(http("GET", "/v1/request?id=1")).starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask(http("GET", "/v1/request?id=x")).starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask(http("GET", "/v1/requests?service=other")).starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask(http("GET", "/v1/requests?cause=other")).starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask(http("GET", "/v1/requests?most=-1")).starts_with("HTTP/1.1 404 "));
}

TEST_F(RecordingsTest, AreThereForTheNextControl) {
  begin();
  record("/one", 500);
  const auto before = get("/v1/requests").at("requests");
  end();
  record("/two", 502);
  link::Welcome again;
  again.starts_of_control = 2;
  begin(again);
  const auto after = get("/v1/requests").at("requests").as_array();
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(after[0].at("status"), 502);
  EXPECT_EQ(after[1], before.at(0));
}

TEST_F(RecordingsTest, AreTakenWhenNobodyAsks) {
  begin();
  for (int i = 0; i < 3; ++i) {
    record("/", 500);
    const auto until = Clock::now() + Milliseconds(10'000);
    while (ring().tail != ring().head && Clock::now() < until) std::this_thread::yield();
    EXPECT_EQ(ring().tail, ring().head);
  }
}

TEST_F(RecordingsTest, CountsWhatIsNone) {
  begin();
  writer().append(std::array<std::string_view, 1>{"nonsense"});
  writer().drop();
  record("/", 500);
  const auto all = get("/v1/requests");
  EXPECT_EQ(all.at("dropped"), 2);
  EXPECT_EQ(all.at("kept"), 1);
}

}  // namespace
}  // namespace livefix::control
