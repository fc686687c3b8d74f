// The driver against a keeper that the test plays: one service.
#include "control/driver.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <sstream>

#include "control/driver_harness.h"
#include "os/tcp_listener.h"
#include "os/terminal.h"

namespace livefix::control {
namespace {

using namespace livefix::control::testing;

TEST_F(DriverTest, ServesHandsOverAndStops) {
  begin();
  const FakeProgram first = serve_first();
  expect_on_screen("livefix " LIVEFIX_VERSION
                   " · shop · node server.js · watching 214 files in .\n");
  expect_on_screen("▲ http://localhost:" + std::to_string(first.address.port) +
                   " · release dev-1 · ready in ");

  saves_in(directory_).save("src/cart.js");
  const auto order = expect<link::StartUnit>();
  EXPECT_EQ(order.label, "dev-2");
  // Another address and port: as if the program had moved. The old port is waited for in vain.
  const FakeProgram second = start(order.unit, 2);
  tell(link::UnitListening{order.unit, {Address::any_ipv4(first.address.port), second.address}});
  accept_one(second);
  const auto publish = expect<link::PublishPlan>();
  ASSERT_EQ(publish.plan.generations.size(), 2U);
  applied(publish.plan);
  expect_on_screen("● src/cart.js saved → new process serving after ");
  expect_on_screen(" · 0 requests lost\n");
  tell(link::GenerationDrained{UnitId{1}, publish.plan.version, "shop"});
  EXPECT_EQ(expect<link::StopUnit>().unit, UnitId{1});
  tell(link::UnitGone{UnitId{1}});

  tell(link::StopRequested{SIGINT});
  expect<link::DrainProxy>();
  tell(link::ProxyDrained{});
  EXPECT_EQ(expect<link::StopUnit>().unit, UnitId{2});
  tell(link::UnitGone{UnitId{2}});
  EXPECT_EQ(expect<link::Finish>().exit_status, 0);
  expect_on_screen("livefix: stopping\n");
  expect_on_screen("■ stopped · 0 requests lost\n");
}

TEST_F(DriverTest, SaysWhyACandidateFailed) {
  begin();
  const FakeProgram first = serve_first();
  saves_in(directory_).save("src/cart.js");
  const auto order = expect<link::StartUnit>();
  const FakeProgram second = start(order.unit, 2);
  second.say(directory_.string() +
             "/src/cart.js:33\n}}\n ^\n\nSyntaxError: Unexpected token '}'\n    at wrapSafe "
             "(node:internal/modules/cjs/loader:1464:18)\n\nNode.js v20.20.2\n");
  tell(link::LeaderExited{order.unit, exit_with(1)});
  expect_on_screen(
      "✗ src/cart.js saved → exited with 1 before it was ready; still serving dev-1\n"
      "    SyntaxError: Unexpected token '}' (src/cart.js:33)\n");
  expect_on_screen("dev-2 | SyntaxError: Unexpected token '}'\n");
}

TEST_F(DriverTest, ShowsAPromptAndItsEnd) {
  begin();
  const FakeProgram first = serve_first();
  expect_on_screen("ready in");
  first.say("password: ");
  expect_on_screen("password: ");
  first.say("thanks\n");
  expect_on_screen("password: thanks\n");
}

TEST_F(DriverTest, EveryLineOfJsonIsAnEvent) {
  run_.output.json = true;
  begin();
  const FakeProgram first = serve_first();
  expect_on_screen("\"event\":\"ready\"");
  first.say("\xff\x01 \"quoted\" \xf0\x9f\x90\x98\n");
  expect_on_screen("\"event\":\"output\"");
  tell(link::LeaderExited{UnitId{1}, SIGSEGV});
  expect_on_screen("\"event\":\"crashed\"");
  expect_on_screen("SIGSEGV");
  expect<link::StartUnit>();
  tell(link::StopRequested{SIGTERM});
  expect_on_screen("\"event\":\"stopping\"");
  std::istringstream lines(seen_.substr(0, seen_.rfind('\n')));
  int events = 0;
  for (std::string line; std::getline(lines, line); ++events) {
    const auto event = boost::json::parse(line);
    EXPECT_EQ(event.at("service").as_string(), "shop");
    EXPECT_EQ(event.at("time").as_string().size(), 24U);
    if (event.at("event").as_string() == "output") {
      EXPECT_EQ(event.at("line").as_string(), "\xef\xbf\xbd\x01 \"quoted\" \xf0\x9f\x90\x98");
    }
  }
  EXPECT_GE(events, 5);
}

TEST_F(DriverTest, AnswersTheControlApi) {
  begin();
  const FakeProgram first = serve_first();
  expect_on_screen("ready in");
  const std::string answer = ask(http("GET", "/v1/status"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  const auto status = body_of(answer);
  EXPECT_EQ(status.at("service").as_string(), "shop");
  EXPECT_EQ(status.at("urls").at(0).as_string(),
            "http://localhost:" + std::to_string(first.address.port));
  EXPECT_EQ(status.at("generations").at(0).at("state").as_string(), "serving");
  EXPECT_EQ(status.at("generations").at(0).at("pid").to_number<int>(), 4001);

  EXPECT_TRUE(ask(http("GET", "/nothing")).starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask(http("POST", "/v1/status")).starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(ask("this is not HTTP\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask("POST /v1/reload HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
                  .starts_with("HTTP/1.1 413 "));
  EXPECT_FALSE(body_of(ask(http("GET", "/nothing"))).at("ok").as_bool());
}

TEST_F(DriverTest, AReloadWaitsForItsOutcome) {
  begin();
  const FakeProgram first = serve_first();
  std::string answer;
  std::thread client([&] { answer = ask(http("POST", "/v1/reload")); });
  const auto order = expect<link::StartUnit>();
  const FakeProgram second = start(order.unit, 2);
  tell(link::LeaderExited{order.unit, exit_with(3)});
  client.join();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 409 ")) << answer;
  EXPECT_NE(body_of(answer).at("message").as_string().find("exited with 3"), std::string::npos);
}

TEST_F(DriverTest, AStopThroughTheApiEndsIt) {
  begin();
  const FakeProgram first = serve_first();
  EXPECT_TRUE(ask(http("POST", "/v1/stop")).starts_with("HTTP/1.1 202 "));
  expect<link::DrainProxy>();
}

TEST_F(DriverTest, AControlThatComesBackGoesOn) {
  const auto listener = os::listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {});
  const Address backend = *os::local_address(listener->get());
  link::Welcome welcome;
  welcome.starts_of_control = 2;
  auto& service = welcome.services.emplace_back();
  service.last_unit = UnitId{7};
  link::UnitSnapshot unit;
  unit.unit = UnitId{7};
  unit.label = "dev-5";
  unit.pid = 4711;
  unit.listening = {{Address::any_ipv4(3000), backend}};
  service.units = {unit};
  service.ports = {{Address::any_ipv4(3000)}};
  service.plan.version = PlanVersion{9};
  service.plan.generations = {{UnitId{7}, 100, {{3000, backend}}}};
  const auto out = os::open_pipe();
  const auto err = os::open_pipe();
  begin(welcome, {out->reader.get(), err->reader.get()});
  const auto publish = expect<link::PublishPlan>();
  EXPECT_EQ(number(publish.plan.version), 10U);
  ASSERT_EQ(publish.plan.generations.size(), 1U);
  EXPECT_EQ(publish.plan.generations[0].weight, 100U);
  ASSERT_EQ(write(err->writer.get(), "still here\n", 11), 11);
  expect_on_screen("still here\n");
  saves_in(directory_).save("a.js");
  const auto order = expect<link::StartUnit>();
  EXPECT_EQ(order.unit, UnitId{8});
  EXPECT_EQ(order.label, "dev-6");
}

TEST_F(DriverTest, AScreenThatNobodyReadsStopsNothing) {
  begin();
  const FakeProgram first = serve_first();
  std::thread talker([&] {
    const std::string line(1000, 'x');
    // Control stops reading at some point, and then this pipe is full as well.
    for (int i = 0; i < 5'000; ++i) {
      pollfd room{first.output.get(), POLLOUT, 0};
      if (poll(&room, 1, 200) <= 0) break;
      if (write(first.output.get(), (line + "\n").data(), line.size() + 1) < 0) break;
    }
  });
  talker.join();
  tell(link::LeaderExited{UnitId{1}, exit_with(1)});
  EXPECT_EQ(expect<link::StartUnit>().label, "dev-1");
  screen_.reset();  // and now it is gone altogether
  tell(link::StopRequested{SIGTERM});
  expect<link::StopUnit>();
}

}  // namespace
}  // namespace livefix::control
