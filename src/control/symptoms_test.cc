// What control makes of records, counts and lines.
#include "control/symptoms.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "control/driver_harness.h"
#include "model/record_frame.h"
#include "model/record_ring.h"
#include "model/traffic_stats.h"
#include "os/shared_memory.h"

namespace livefix::control {
namespace {

using namespace livefix::control::testing;
namespace json = boost::json;

class SymptomsTest : public DriverTest {
 protected:
  SymptomsTest() { run_.services[0].traffic.record.redact = {"iban"}; }

  // As a worker of the proxy does, counted and recorded.
  void fail(UnitId unit, std::string_view route, bool is_recorded = true) {
    auto& worker = static_cast<TrafficStats*>(counts_.data())->workers[0];
    RouteRow& row = worker.routes.rows[1];
    row.generation = number(unit);
    row.text_size = static_cast<std::uint8_t>(route.size());
    for (std::size_t i = 0; i < route.size(); ++i) row.text[i] = route[i];
    row.method[0] = 'P';
    row.method[1] = 'U';
    row.method[2] = 'T';
    row.counts.statuses[0] = 500;
    ++row.counts.by_status[0];
    worker.routes.keys[1] = 7;
    if (!is_recorded) return;
    RecordFrame frame;
    frame.cause = RecordCause::status;
    frame.status = 500;
    frame.time = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    frame.took = std::chrono::milliseconds(1);
    frame.generation = unit;
    frame.release = "dev-1";
    frame.route = route;
    frame.request = "PUT /user/anna HTTP/1.1\r\nhost: a\r\nx-api-key: secret-one\r\n\r\n";
    frame.answer = "HTTP/1.1 500 Oh\r\n\r\n";
    RecordFrameFixed fixed;
    RecordRingWriter(*static_cast<RecordRing*>(rings_there_.data()), wake_.get())
        .append(encode_record(frame, fixed));
  }
  json::value get(const std::string& target) { return body_of(ask(http("GET", target))); }
  // Asks until there are so many failures in all.
  json::array symptoms(std::int64_t failures) {
    json::array found;
    const auto until = Clock::now() + kPatience;
    std::int64_t sum = -1;
    while (sum != failures && Clock::now() < until) {
      found = get("/v1/symptoms").at("symptoms").as_array();
      sum = 0;
      for (const json::value& one : found) sum += one.at("failures").to_number<std::int64_t>();
    }
    EXPECT_EQ(sum, failures) << json::serialize(found);
    return found;
  }

  os::Mapping rings_there_ =
      std::move(*os::Mapping::of(rings_, sizeof(RecordRing), os::Mapping::Access::read_write));
  os::Mapping counts_ =
      std::move(*os::Mapping::of(memory_, sizeof(TrafficStats), os::Mapping::Access::read_write));
};

TEST_F(SymptomsTest, AFailureIsToldWithTheLineOfItsProgram) {
  begin();
  const auto order = expect<link::StartUnit>();
  const FakeProgram program = serve(order, 1);
  EXPECT_TRUE(get("/v1/symptoms").at("symptoms").as_array().empty());
  program.say("TypeError: no rate of key secret-one\n    at /srv/cart.js:17:3\n");
  fail(order.unit, "/user/:name");
  const auto found = symptoms(1);
  ASSERT_EQ(found.size(), 1U);
  const json::value& one = found[0];
  EXPECT_EQ(one.at("method"), "PUT");
  EXPECT_EQ(one.at("route"), "/user/:name") << "as it was counted";
  EXPECT_EQ(one.at("status"), 500);
  EXPECT_EQ(one.at("error"), "TypeError: no rate of key [redacted]");
  EXPECT_EQ(one.at("recent"), 1);
  const std::string id(one.at("id").as_string());
  const auto whole = get("/v1/symptoms?id=" + id);
  EXPECT_EQ(whole.at("releases"), (json::array{{{"release", "dev-1"}, {"failures", 1}}}));
  EXPECT_EQ(whole.at("minutes").as_array().size(), 60U);
  ASSERT_EQ(whole.at("samples").as_array().size(), 1U);
  const auto sample = whole.at("samples").at(0).to_number<int>();
  EXPECT_EQ(get(fmt::format("/v1/request?id={}", sample)).at("route"), "/user/:name");
}

TEST_F(SymptomsTest, WhatFoundNoRoomInTheRingIsCounted) {
  begin();
  const auto order = expect<link::StartUnit>();
  const FakeProgram program = serve(order, 1);
  symptoms(0);
  program.say("Error: no stock\n");
  fail(order.unit, "/buy");
  for (int i = 0; i < 9; ++i) fail(order.unit, "/buy", false);
  const auto found = symptoms(10);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at("error"), "Error: no stock");
  EXPECT_EQ(found[0].at("share"), 1.0);
}

TEST_F(SymptomsTest, TheNextControlHasThemWithTheirLines) {
  begin();
  const auto order = expect<link::StartUnit>();
  const FakeProgram program = serve(order, 1);
  program.say("Error: no stock\n");
  fail(order.unit, "/buy");
  const auto before = symptoms(1)[0];
  end();
  link::Welcome again;
  again.starts_of_control = 2;
  begin(again);
  const auto after = symptoms(1)[0];
  for (const char* field : {"id", "error", "first_seen", "last_seen", "failures"}) {
    EXPECT_EQ(after.at(field), before.at(field)) << field;
  }
  EXPECT_TRUE(after.at("share").is_null()) << "its requests are not known any more";
}

TEST_F(SymptomsTest, RefusesQuestionsThatMakeNoSense) {
  begin();
  const auto answer = ask(http("GET", "/v1/symptoms?id=0123456789"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 404 "));
  EXPECT_NE(answer.find("there is no symptom 0123456789; livefix symptoms --all lists them"),
            std::string::npos);
  EXPECT_TRUE(ask(http("GET", "/v1/symptoms?service=cart")).starts_with("HTTP/1.1 404 "));
}

TEST_F(SymptomsTest, SaysOfWhomNothingIsRecorded) {
  run_.services[0].traffic.record.failures = false;
  begin();
  EXPECT_EQ(get("/v1/symptoms").at("unrecorded"), json::array{"shop"});
}

}  // namespace
}  // namespace livefix::control
