// The driver against a keeper that the test plays: several services.
#include <gtest/gtest.h>
#include <unistd.h>

#include "control/driver_harness.h"
#include "os/tcp_listener.h"
#include "os/terminal.h"

namespace livefix::control {
namespace {

using namespace livefix::control::testing;

constexpr UnitId kCart{2};  // of the service with index 0
constexpr UnitId kShop{1};  // of the one with index 1

class DriverServicesTest : public DriverTest {
 protected:
  DriverServicesTest() {
    run_.name = "all";
    run_.services.clear();
    add_service("cart", "node cart.js", directory_ / "cart");
    add_service("shop", "node shop.js", directory_ / "shop");
  }

  void serve_both() {
    const auto cart = expect<link::StartUnit>();
    const auto shop = expect<link::StartUnit>();
    EXPECT_EQ(cart.unit, kCart);
    EXPECT_EQ(cart.service_index, 0);
    EXPECT_EQ(shop.unit, kShop);
    EXPECT_EQ(shop.service_index, 1);
    cart_ = serve(cart, 1);
    expect_on_screen("▲ cart · http://localhost:");
    shop_ = serve(shop, 2);
    expect_on_screen("▲ shop · http://localhost:");
  }

  FakeProgram cart_, shop_;
};

TEST_F(DriverServicesTest, AllAreStartedAndTold) {
  begin();
  serve_both();
  EXPECT_NE(seen_.find("livefix " LIVEFIX_VERSION " · all · 2 services\n"
                       "  cart  node cart.js · watching 214 files in "),
            std::string::npos)
      << seen_;
}

TEST_F(DriverServicesTest, ASaveIsOfTheServiceWhoseFileItWas) {
  begin();
  serve_both();
  saves_in(directory_ / "shop").save("shop.js");
  const auto order = expect<link::StartUnit>();
  EXPECT_EQ(order.unit, UnitId{3});
  EXPECT_EQ(order.service_index, 1);
  EXPECT_EQ(order.label, "dev-2");
  const FakeProgram second = start(order.unit, 3);
  tell(link::UnitListening{order.unit, {Address::any_ipv4(shop_.address.port), second.address}});
  accept_one(second);
  const auto publish = expect<link::PublishPlan>();
  EXPECT_EQ(publish.plan.service, "shop");
  EXPECT_EQ(publish.plan.service_index, 1);
  ASSERT_EQ(publish.plan.generations.size(), 2U);
  // A plan of another service is none of its business.
  tell(link::PlanApplied{PlanVersion{99}, "cart"});
  applied(publish.plan);
  expect_on_screen("● shop · shop.js saved → new process serving after ");
  tell(link::GenerationDrained{kShop, publish.plan.version, "shop"});
  EXPECT_EQ(expect<link::StopUnit>().unit, kShop);
}

TEST_F(DriverServicesTest, WhatProgramsSaySaysWhoseItIs) {
  begin();
  serve_both();
  shop_.say("hello from one\n");
  expect_on_screen("shop | hello from one\n");
  cart_.say("hello from the other\n");
  expect_on_screen("cart | hello from the other\n");
}

TEST_F(DriverServicesTest, ACrashOfOneIsItsOwn) {
  begin();
  serve_both();
  tell(link::LeaderExited{kCart, exit_with(3)});
  expect_on_screen("✗ cart · dev-1 crashed (exit 3) after ");
  EXPECT_EQ(expect<link::PublishPlan>().plan.service, "cart");
  EXPECT_EQ(expect<link::StartUnit>().service_index, 0);
}

TEST_F(DriverServicesTest, TheEndIsOneForAll) {
  begin();
  serve_both();
  tell(link::StopRequested{SIGINT});
  expect<link::DrainProxy>();
  tell(link::ProxyDrained{});
  EXPECT_EQ(expect<link::StopUnit>().unit, kCart);
  EXPECT_EQ(expect<link::StopUnit>().unit, kShop);
  tell(link::UnitGone{kShop});
  EXPECT_FALSE(readable(keeper_->fd(), Milliseconds{50})) << "cart has not ended yet";
  tell(link::UnitGone{kCart});
  EXPECT_EQ(expect<link::Finish>().exit_status, 0);
  expect_on_screen("■ stopped · 0 requests lost\n");
  EXPECT_EQ(seen_.find("livefix: stopping\n"), seen_.rfind("livefix: stopping\n"));
}

TEST_F(DriverServicesTest, OneThatCannotBeStartedLeavesTheOthersAlone) {
  begin();
  const auto cart = expect<link::StartUnit>();
  const auto shop = expect<link::StartUnit>();
  tell(link::UnitNotStarted{cart.unit, "node: command not found"});
  expect_on_screen(
      "✗ cart · node: command not found; the other services go on, and a save or livefix reload "
      "tries again\n");
  shop_ = serve(shop, 1);
  saves_in(directory_ / "cart").save("cart.js");
  const auto again = expect<link::StartUnit>();
  EXPECT_EQ(again.unit, UnitId{4});
  cart_ = serve(again, 2);
  expect_on_screen("▲ cart · http://localhost:");
}

TEST_F(DriverServicesTest, WhenNoneCanBeStartedItEnds) {
  begin();
  const auto cart = expect<link::StartUnit>();
  const auto shop = expect<link::StartUnit>();
  tell(link::UnitNotStarted{cart.unit, "node: command not found"});
  tell(link::PortRefused{shop.unit, Address::any_ipv4(3000), EADDRINUSE, "cart"});
  expect_on_screen("✗ shop · port 3000 is the service cart's, and nothing tells requests for the ");
  tell(link::UnitGone{shop.unit});
  EXPECT_EQ(expect<link::Finish>().exit_status, 1);
  expect_on_screen("✗ none of the services could be started; livefix ends\n");
}

TEST_F(DriverServicesTest, AReloadIsOfThoseThatAreNamed) {
  begin();
  serve_both();
  EXPECT_TRUE(ask(http("POST", "/v1/reload?service=nobody")).starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask(http("POST", "/v1/reload?name=shop")).starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask(http("GET", "/v1/status?service=shop")).starts_with("HTTP/1.1 400 "));
  std::string answer;
  std::thread client([&] { answer = ask(http("POST", "/v1/reload?service=shop")); });
  const auto order = expect<link::StartUnit>();
  EXPECT_EQ(order.service_index, 1);
  tell(link::LeaderExited{order.unit, exit_with(3)});
  client.join();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 409 ")) << answer;
  const std::string message(body_of(answer).at("message").as_string().c_str());
  EXPECT_TRUE(message.starts_with("shop: reload → exited with 3")) << message;
}

TEST_F(DriverServicesTest, AReloadOfAllWaitsForAll) {
  begin();
  serve_both();
  std::string answer;
  std::thread client([&] { answer = ask(http("POST", "/v1/reload")); });
  const auto cart = expect<link::StartUnit>();
  const auto shop = expect<link::StartUnit>();
  tell(link::LeaderExited{shop.unit, exit_with(3)});
  const FakeProgram second = start(cart.unit, 3);
  tell(link::UnitListening{cart.unit, {Address::any_ipv4(cart_.address.port), second.address}});
  accept_one(second);
  applied(expect<link::PublishPlan>().plan);
  client.join();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 409 ")) << answer;
  const std::string message(body_of(answer).at("message").as_string().c_str());
  EXPECT_TRUE(message.starts_with("cart: reload → new process serving")) << message;
  EXPECT_NE(message.find("\nshop: reload → exited with 3"), std::string::npos) << message;
}

TEST_F(DriverServicesTest, TheStatusIsOfAll) {
  begin();
  serve_both();
  const auto status = body_of(ask(http("GET", "/v1/status")));
  EXPECT_EQ(status.at("run").as_string(), "all");
  const auto& services = status.at("services").as_array();
  ASSERT_EQ(services.size(), 2U);
  EXPECT_EQ(services[0].at("service").as_string(), "cart");
  EXPECT_EQ(services[1].at("service").as_string(), "shop");
  EXPECT_EQ(services[1].at("generations").at(0).at("id").to_number<unsigned>(), number(kShop));
}

TEST_F(DriverServicesTest, EventsOfAllNameAll) {
  run_.output.json = true;
  begin();
  for (int i = 0; i < 2; ++i) expect<link::StartUnit>();
  tell(link::ProxyRestarted{SIGKILL});
  expect_on_screen("\"event\":\"warning\"");
  expect_on_screen("\"service\":\"all\",\"message\":\"the proxy was killed by SIGKILL");
  expect_on_screen("\"services\":[\"cart\",\"shop\"]");
  EXPECT_EQ(seen_.find("\"warning\""), seen_.rfind("\"warning\"")) << "it was told twice";
}

TEST_F(DriverServicesTest, AControlThatComesBackGoesOnWithAll) {
  const auto listener = os::listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {});
  const Address backend = *os::local_address(listener->get());
  const auto serving = [&](UnitId id, const char* label) {
    link::ServiceSnapshot service;
    service.last_unit = id;
    link::UnitSnapshot unit;
    unit.unit = id;
    unit.label = label;
    unit.pid = 4711;
    unit.listening = {{Address::any_ipv4(3000), backend}};
    service.units = {unit};
    service.ports = {{Address::any_ipv4(3000)}};
    service.plan.version = PlanVersion{9};
    service.plan.generations = {{id, 100, {{3000, backend}}}};
    return service;
  };
  link::Welcome welcome;
  welcome.starts_of_control = 2;
  welcome.services = {serving(UnitId{8}, "dev-4"), serving(UnitId{7}, "dev-3")};
  std::array<os::Fd, 4> writers;
  std::array<os::Fd, 4> readers;
  std::vector<int> fds;
  for (std::size_t i = 0; i < 4; ++i) {
    auto channel = os::open_pipe();
    writers[i] = std::move(channel->writer);
    readers[i] = std::move(channel->reader);
    fds.push_back(readers[i].get());
  }
  begin(welcome, fds);
  for (const char* name : {"cart", "shop"}) {
    const auto plan = expect<link::PublishPlan>().plan;
    EXPECT_EQ(plan.service, name);
    EXPECT_EQ(plan.version, PlanVersion{10});
    EXPECT_EQ(plan.ports, std::vector<std::uint16_t>{3000});
  }
  ASSERT_EQ(write(writers[2].get(), "still here\n", 11), 11);
  expect_on_screen("shop | still here\n");
  saves_in(directory_ / "shop").save("a.js");
  auto order = expect<link::StartUnit>();
  EXPECT_EQ(order.unit, UnitId{9});
  EXPECT_EQ(order.label, "dev-4");
  saves_in(directory_ / "cart").save("a.js");
  order = expect<link::StartUnit>();
  EXPECT_EQ(order.unit, UnitId{10});
  EXPECT_EQ(order.label, "dev-5");
}

}  // namespace
}  // namespace livefix::control
