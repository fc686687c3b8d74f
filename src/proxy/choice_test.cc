// Clients that choose their generation, by a field or by the cookie they were given.
#include <gtest/gtest.h>

#include "proxy/proxy_harness.h"

namespace livefix::proxy::testing {
namespace {

class Choice : public ::testing::Test {
 protected:
  void use(const GenerationChoice& choice, std::uint32_t old_weight, std::uint32_t new_weight) {
    RoutingPlan plan;
    plan.version = PlanVersion{++version_};
    plan.traffic.generation = choice;
    auto before = route(1, old_weight, proxy_.port(), old_.address());
    before.label = "dev-1";
    auto after = route(2, new_weight, proxy_.port(), young_.address());
    after.label = "dev-2";
    plan.generations = {before, after};
    proxy_.tell(link::ApplyPlan{plan});
    const auto message = proxy_.next();
    ASSERT_TRUE(message && std::holds_alternative<link::PlanApplied>(*message));
  }
  std::string ask(std::string_view fields = "") {
    Peer client = proxy_.connect();
    client.send(fmt::format("GET / HTTP/1.1\r\nHost: shop\r\n{}\r\n", fields));
    return client.read_message();
  }

  std::uint64_t version_ = 0;
  ScriptedBackend old_{always("old")};
  ScriptedBackend young_{always("new")};
  ProxyHarness proxy_;
};

TEST_F(Choice, AFieldNamesTheGeneration) {
  use({.header = "X-Release", .cookie = ""}, 1000, 1);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(ask("x-release: dev-2\r\n").ends_with("new"));
    EXPECT_TRUE(ask("X-Release: dev-1\r\n").ends_with("old"));
  }
}

TEST_F(Choice, AStrangeWishIsNone) {
  use({.header = "X-Release", .cookie = ""}, 100, 0);
  for (const char* wish : {"X-Release: dev-2\r\n", "X-Release: dev-9\r\n", "X-Release: \r\n"}) {
    EXPECT_TRUE(ask(wish).ends_with("old")) << wish;
  }
}

std::string cookie_in(const std::string& answer) {
  const auto at = answer.find("Set-Cookie: ");
  return at == std::string::npos ? "" : answer.substr(at + 12, answer.find('\r', at) - at - 12);
}

TEST_F(Choice, ACookieKeepsAClientWhereItWas) {
  use({.header = "", .cookie = "livefix"}, 50, 50);
  const std::string first = ask();
  const bool was_old = first.ends_with("old");
  EXPECT_NE(first.find("\r\nCache-Control: private=\"set-cookie\"\r\n"), std::string::npos)
      << "a cache in front must not give it to all";
  EXPECT_EQ(cookie_in(first),
            fmt::format("livefix={}; Path=/; HttpOnly; SameSite=Lax", was_old ? "dev-1" : "dev-2"));
  for (int i = 0; i < 20; ++i) {
    const std::string again =
        ask(fmt::format("Cookie: a=b; livefix={}\r\n", was_old ? "dev-1" : "dev-2"));
    EXPECT_EQ(again.ends_with("old"), was_old);
    EXPECT_EQ(cookie_in(again), "") << "it has that one";
    EXPECT_EQ(again.find("Cache-Control"), std::string::npos);
  }
}

TEST_F(Choice, ACookieOfAGenerationThatIsGoneIsReplaced) {
  use({.header = "", .cookie = "livefix"}, 1, 1);
  EXPECT_NE(cookie_in(ask("Cookie: livefix=dev-0\r\n")), "");
}

TEST_F(Choice, WithOneGenerationThereIsNoCookie) {
  use({.header = "X-Release", .cookie = "livefix"}, 0, 100);
  EXPECT_EQ(cookie_in(ask()), "");
}

TEST_F(Choice, AFieldIsForOneRequestOnly) {
  use({.header = "X-Release", .cookie = "livefix"}, 50, 50);
  const std::string answer = ask("X-Release: dev-2\r\nCookie: livefix=dev-1\r\n");
  EXPECT_TRUE(answer.ends_with("new"));
  EXPECT_EQ(cookie_in(answer), "");
}

}  // namespace
}  // namespace livefix::proxy::testing
