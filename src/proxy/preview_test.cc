// A release that is shown to whoever has a pass, and to nobody else.
#include <gtest/gtest.h>

#include <chrono>

#include "model/preview_pass.h"
#include "proxy/proxy_harness.h"

namespace livefix::proxy::testing {
namespace {

using namespace std::chrono_literals;

const std::string kShopKey(64, 'a');

std::string pass_for(std::string_view service = "shop", std::string_view key = kShopKey,
                     std::chrono::seconds time = 1h, const std::string& release = "") {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return sign_preview(key, service, {release, now + time});
}

std::string header(const std::string& pass) {
  return "Livefix-Preview: " + pass + "\r\n";
}

// Says what it was asked.
ScriptedBackend::Script tells_head(std::string name) {
  return [name = std::move(name)](Peer& client) {
    for (;;) {
      const std::string head = client.read_head();
      if (head.empty() || !client.send(ok(name + "\n" + head))) return;
    }
  };
}

class Preview : public ::testing::Test {
 protected:
  RoutingPlan plan() {
    RoutingPlan plan;
    plan.version = PlanVersion{++version_};
    plan.service = "shop";
    plan.preview_key = kShopKey;
    auto before = route(1, 100, proxy_.port(), old_.address());
    before.label = "a1b2c3d";
    auto after = route(2, 0, proxy_.port(), young_.address());
    after.label = "7f3c2d1";
    after.is_candidate = true;
    plan.generations = {before, after};
    return plan;
  }
  std::string ask(std::string_view fields = "", std::string_view target = "/") {
    Peer client = proxy_.connect();
    client.send(fmt::format("GET {} HTTP/1.1\r\nHost: shop\r\n{}\r\n", target, fields));
    return client.read_message();
  }
  static bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  }

  std::uint64_t version_ = 0;
  ScriptedBackend old_{tells_head("old")};
  ScriptedBackend young_{tells_head("new")};
  ProxyHarness proxy_;
};

TEST_F(Preview, APassShowsTheCandidateThatHasNoTraffic) {
  proxy_.use_plan(plan());
  for (int i = 0; i < 3; ++i) {
    const std::string answer = ask(header(pass_for()));
    EXPECT_TRUE(has(answer, "\r\n\r\nnew\n")) << answer;
    EXPECT_TRUE(has(answer, "\r\nLivefix-Preview: candidate 7f3c2d1\r\n")) << answer;
    EXPECT_TRUE(has(answer, "\r\nCache-Control: no-store\r\n")) << answer;
    EXPECT_TRUE(has(ask("Cookie: livefix-preview=" + pass_for() + "\r\n"), "\nnew\n"));
  }
  const std::string everybody = ask();
  EXPECT_TRUE(has(everybody, "\r\n\r\nold\n")) << everybody;
  EXPECT_FALSE(has(everybody, "Livefix-Preview")) << everybody;
}

TEST_F(Preview, TheProgramSeesNoPass) {
  proxy_.use_plan(plan());
  const std::string pass = pass_for();
  const std::string answer =
      ask(header(pass) + "Cookie: a=b; livefix-preview=" + pass + "; c=d\r\n");
  EXPECT_FALSE(has(answer, pass)) << answer;
  EXPECT_FALSE(has(answer, "livefix-preview")) << answer;
  EXPECT_TRUE(has(answer, "\r\nCookie: a=b; c=d\r\n")) << answer;
  EXPECT_FALSE(has(ask("Cookie: livefix-preview=of-yesterday\r\n"), "of-yesterday"));
}

TEST_F(Preview, APassThatIsNotGoodShowsWhatEverybodySees) {
  proxy_.use_plan(plan());
  std::string forged = pass_for();
  forged.back() = forged.back() == '0' ? '1' : '0';
  for (const std::string& pass :
       {forged, pass_for("cart"), pass_for("shop", std::string(64, 'b')),
        pass_for("shop", kShopKey, 0s), std::string("candidate"), std::string()}) {
    const std::string answer = ask(header(pass));
    EXPECT_TRUE(has(answer, "\nold\n")) << pass;
    EXPECT_FALSE(has(answer, "Livefix-Preview: ")) << pass;
  }
}

TEST_F(Preview, WithoutAKeyNobodyIsShownAnything) {
  RoutingPlan no_key = plan();
  no_key.preview_key.clear();
  proxy_.use_plan(no_key);
  EXPECT_TRUE(has(ask(header(pass_for())), "\nold\n"));
  EXPECT_TRUE(has(ask(header(pass_for("shop", ""))), "\nold\n"));
}

TEST_F(Preview, ALinkGivesABrowserThePassAndLeadsToTheSamePlace) {
  proxy_.use_plan(plan());
  const std::string pass = pass_for();
  const std::string answer = ask("", "/cart/7?a=1&livefix-preview=" + pass + "&b=2");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 303 See Other\r\n")) << answer;
  EXPECT_TRUE(has(answer, "\r\nLocation: /cart/7?a=1&b=2\r\n")) << answer;
  EXPECT_TRUE(has(answer, "\r\nSet-Cookie: livefix-preview=" + pass + "; Path=/; Max-Age=3"))
      << answer;
  EXPECT_TRUE(has(answer, "; HttpOnly; SameSite=Lax\r\n")) << answer;
  EXPECT_TRUE(has(answer, "\r\nCache-Control: no-store\r\n")) << answer;
  EXPECT_EQ(old_.accepted() + young_.accepted(), 0) << "no program is asked";
}

TEST_F(Preview, ALinkLeadsToNoOtherHost) {
  proxy_.use_plan(plan());
  const std::string answer = ask("", "//evil.example/?livefix-preview=" + pass_for());
  EXPECT_TRUE(has(answer, "\r\nLocation: /.//evil.example/\r\n")) << answer;
}

TEST_F(Preview, ALinkThatIsNotGoodIsRefused) {
  proxy_.use_plan(plan());
  for (const std::string& pass :
       {pass_for("cart"), std::string(), pass_for("shop", kShopKey, -1s)}) {
    const std::string answer = ask("", "/?livefix-preview=" + pass);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 Forbidden\r\n")) << answer;
    EXPECT_TRUE(has(answer, "livefix preview gives another one")) << answer;
    EXPECT_FALSE(has(answer, "Set-Cookie")) << answer;
  }
  Peer client = proxy_.connect();
  client.send("POST /?livefix-preview=" + pass_for() +
              " HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 403 ")) << "it is for opening";
}

TEST_F(Preview, IsOverWhenThereIsNoCandidate) {
  RoutingPlan over = plan();
  over.generations[1].is_candidate = false;
  over.generations[1].ends = Clock::now() + 1h;
  proxy_.use_plan(over);
  const std::string answer = ask(header(pass_for()));
  EXPECT_TRUE(has(answer, "\nold\n")) << answer;
  EXPECT_TRUE(has(answer, "\r\nLivefix-Preview: over\r\n")) << answer;
  const std::string drains = ask(header(pass_for("shop", kShopKey, 1h, "7f3c2d1")));
  EXPECT_TRUE(has(drains, "\r\nLivefix-Preview: over\r\n")) << "one that drains gets nothing new";
}

TEST_F(Preview, IsOverWhileTheCandidateIsNotThere) {
  proxy_.use_plan(plan());
  young_.stop();
  const std::string answer = ask(header(pass_for()));
  EXPECT_TRUE(has(answer, "\nold\n")) << answer;
  EXPECT_TRUE(has(answer, "\r\nLivefix-Preview: over\r\n")) << answer;
}

TEST_F(Preview, APassMayNameARelease) {
  RoutingPlan warm = plan();
  warm.generations[1].is_candidate = false;
  proxy_.use_plan(warm);
  const std::string answer = ask(header(pass_for("shop", kShopKey, 1h, "7f3c2d1")));
  EXPECT_TRUE(has(answer, "\r\nLivefix-Preview: warm 7f3c2d1\r\n")) << answer;
  EXPECT_TRUE(has(ask(header(pass_for("shop", kShopKey, 1h, "a1b2c3d"))),
                  "\r\nLivefix-Preview: live a1b2c3d\r\n"));
  EXPECT_TRUE(has(ask(header(pass_for())), "\r\nLivefix-Preview: over\r\n"));
}

TEST_F(Preview, IsNoTraffic) {
  proxy_.use_plan(plan());
  EXPECT_TRUE(has(ask(header(pass_for())), "\nnew\n"));
  EXPECT_TRUE(has(ask(), "\nold\n"));
  EXPECT_TRUE(ProxyHarness::eventually(
      [&] { return proxy_.count(1, &GenerationCounters::answered) == 1; }));
  EXPECT_EQ(proxy_.count(2, &GenerationCounters::requests), 0U);
  EXPECT_EQ(proxy_.count(2, &GenerationCounters::answered), 0U);
  EXPECT_EQ(latency::total(proxy_.latencies(2)), 0U);
  EXPECT_TRUE(ProxyHarness::eventually(
      [&] { return proxy_.count(2, &GenerationCounters::in_flight) == 0; }));
}

TEST_F(Preview, ACandidateThatFailsIsNotHiddenByTheLiveOne) {
  ScriptedBackend hangs_up([](Peer& client) { client.read_head(); });
  RoutingPlan bad = plan();
  bad.generations[1].backends[0].address = hangs_up.address();
  proxy_.use_plan(bad);
  const std::string answer = ask(header(pass_for()));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 502 ")) << answer;
  EXPECT_EQ(hangs_up.accepted(), 1) << "asked again, it may be gone, and the live one would answer";
  EXPECT_EQ(proxy_.count(2, &GenerationCounters::lost), 0U);
  EXPECT_EQ(proxy_.sum(&ServiceCounters::lost), 0U);
}

TEST_F(Preview, LeavesTheLimitOfRequestsInFlightAlone) {
  RoutingPlan limited = plan();
  limited.traffic.limits.in_flight = 1;
  proxy_.use_plan(limited);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(has(ask(header(pass_for())), "\nnew\n"));
    EXPECT_TRUE(has(ask(), "\nold\n"));
  }
}

}  // namespace
}  // namespace livefix::proxy::testing
