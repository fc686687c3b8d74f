// Several services behind one proxy: who gets a request, also while one of them is away.
#include <gtest/gtest.h>

#include "proxy/proxy_harness.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

// "web" is for everything, "api" for what is below /api.
class Services : public ::testing::Test {
 protected:
  RoutingPlan plan(std::uint16_t index, const std::string& name, std::vector<std::string> paths) {
    RoutingPlan plan;
    plan.version = PlanVersion{++version_};
    plan.service = name;
    plan.service_index = index;
    plan.traffic.match.paths = std::move(paths);
    return plan;
  }
  RoutingPlan web() { return plan(0, "web", {}); }
  RoutingPlan api() { return plan(1, "api", {"/api"}); }

  static RoutingPlan served(RoutingPlan plan, std::uint32_t id, std::uint16_t port,
                            const Address& backend) {
    plan.ports = {port};
    plan.generations = {route(id, 100, port, backend)};
    return plan;
  }
  // Its generation is gone, and the next one not there yet.
  static RoutingPlan away(RoutingPlan plan, std::uint16_t port) {
    plan.ports = {port};
    return plan;
  }
  void use(const RoutingPlan& plan) {
    proxy_.tell(link::ApplyPlan{plan});
    const auto message = proxy_.next();
    ASSERT_TRUE(message && std::holds_alternative<link::PlanApplied>(*message));
  }
  std::string ask(const std::string& path) {
    Peer client = proxy_.connect();
    client.send(get(path));
    return client.read_message();
  }
  const ServiceCounters& counters(std::size_t index) {
    return proxy_.stats().workers[0].services[index];
  }

  ScriptedBackend web_{always("web")};
  ScriptedBackend api_{always("api")};
  ProxyHarness proxy_;
  std::uint64_t version_ = 0;
};

TEST_F(Services, ShareAPort) {
  use(served(web(), 1, proxy_.port(), web_.address()));
  use(served(api(), 2, proxy_.port(), api_.address()));
  EXPECT_EQ(ask("/"), ok("web"));
  EXPECT_EQ(ask("/api/cart"), ok("api"));
  EXPECT_EQ(ask("/apis"), ok("web"));
}

TEST_F(Services, RequestsForOneThatIsAwayWaitAndGoToNoOther) {
  use(served(web(), 1, proxy_.port(), web_.address()));
  use(served(api(), 2, proxy_.port(), api_.address()));
  use(away(api(), proxy_.port()));
  Peer client = proxy_.connect();
  client.send(get("/api"));
  ASSERT_TRUE(ProxyHarness::eventually([&] { return counters(1).held == 1; }));
  EXPECT_EQ(ask("/"), ok("web"));
  EXPECT_EQ(counters(0).held, 0U);
  use(served(api(), 3, proxy_.port(), api_.address()));
  EXPECT_EQ(client.read_message(), ok("api"));
  EXPECT_EQ(counters(1).held, 0U);
}

TEST_F(Services, OneThatIsElsewhereLeavesThePortToTheOther) {
  use(served(web(), 1, proxy_.port(), web_.address()));
  use(served(api(), 2, 1, api_.address()));
  EXPECT_EQ(ask("/api"), ok("web"));
}

TEST_F(Services, EachBoundsItsOwnWaitingRequests) {
  auto full = away(web(), proxy_.port());
  full.hold.max_requests = 1;
  use(full);
  auto other = away(api(), proxy_.port());
  other.hold.max_requests = 1;
  use(other);
  Peer first = proxy_.connect();
  first.send(get("/"));
  ASSERT_TRUE(ProxyHarness::eventually([&] { return counters(0).held == 1; }));
  EXPECT_TRUE(ask("/").starts_with("HTTP/1.1 503 "));
  Peer second = proxy_.connect();
  second.send(get("/api"));
  ASSERT_TRUE(ProxyHarness::eventually([&] { return counters(1).held == 1; }));
  EXPECT_EQ(counters(0).shed, 1U);
  EXPECT_EQ(counters(1).shed, 0U);
}

TEST_F(Services, EachCountsWhatItLoses) {
  ScriptedBackend hasty([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  use(served(web(), 1, proxy_.port(), web_.address()));
  use(served(api(), 2, proxy_.port(), hasty.address()));
  ask("/api");
  EXPECT_EQ(ask("/"), ok("web"));
  EXPECT_EQ(counters(0).lost, 0U);
  EXPECT_EQ(counters(1).lost, 1U);
  EXPECT_EQ(proxy_.count(2, &GenerationCounters::service), 1U);
}

TEST_F(Services, APlanOfOneCutsNothingOfAnother) {
  use(served(web(), 1, proxy_.port(), web_.address()));
  use(served(api(), 2, proxy_.port(), api_.address()));
  Peer client = proxy_.connect();
  client.send(get("/"));
  EXPECT_EQ(client.read_message(), ok("web"));
  use(away(api(), proxy_.port()));
  client.send(get("/"));
  EXPECT_EQ(client.read_message(), ok("web"));
  EXPECT_EQ(web_.accepted(), 1) << "its connection was kept";
}

}  // namespace
}  // namespace livefix::proxy
