// Who may see and do what on the page, without a connection.
#include "control/dashboard.h"

#include <gtest/gtest.h>

#include <map>

namespace livefix::control {
namespace {

constexpr Dashboard::Times kTimes{TimePoint{},
                                  std::chrono::sys_seconds(std::chrono::hours(500'000))};

class KeptAnswer final : public ApiClient {
 public:
  void answer(ApiAnswer what) override { answered = std::move(what); }
  void line(const std::string& json, std::uint64_t /*id*/) override { lines.push_back(json); }
  void end() override {}
  void on_gone(std::function<void()> /*callback*/) override {}

  std::optional<ApiAnswer> answered;
  std::vector<std::string> lines;
};

class DashboardTest : public ::testing::Test {
 protected:
  DashboardTest() {
    tokens_["anna"] = {"anna", {Scope::push}, Token::digest_of("livefix_push"), "now"};
    tokens_["eve"] = {"eve", {Scope::read}, Token::digest_of("livefix_read"), "now"};
    using enum ControlApi::Method;
    const auto tell = [](const ApiRequest& request, const ApiReply& reply) {
      reply.answer({200, request.path + " by " + request.who()});
    };
    dashboard_.emplace(Dashboard::Parts{
        .routes = {{get, "/v1/status", {}, tell},
                   {get,
                    "/v1/watch",
                    {"since"},
                    [](const ApiRequest& request, const ApiReply& reply) {
                      reply.line("since " + std::string(request.parameter("since")));
                    }},
                   {post, "/v1/abort", {"who"}, tell},
                   {post, "/v1/rollback", {"to", "who", "ref_only"}, tell},
                   {post, "/v1/stop", {"who"}, tell},
                   {post, "/v1/push", {}, tell},
                   {get, "/metrics", {}, tell}},
        .files = kTwoFiles,
        .authorize = [this](std::string_view secret) -> std::optional<Token> {
          for (const auto& [name, token] : tokens_) {
            if (token.digest == Token::digest_of(secret)) return token;
          }
          return std::nullopt;
        },
        .named = [this](std::string_view name) -> std::optional<Token> {
          const auto found = tokens_.find(std::string(name));
          return found == tokens_.end() ? std::nullopt : std::optional(found->second);
        },
        .key = SessionKey({7})});
  }

  static constexpr std::array<PageFile, 2> kTwoFiles{{
      {"/", "text/html; charset=utf-8", "<p>page</p>", "GZ", "\"1\"", false},
      {"/assets/a-1.js", "text/javascript; charset=utf-8", "js", "GZJS", "\"2\"", true},
  }};

  // Of routes as well.
  DoorAnswer ask(const DoorRequest& request) {
    const auto client = std::make_shared<KeptAnswer>();
    auto answer = dashboard_->handle(request, failed_, kTimes, client, may_go_on_);
    if (answer) return *answer;
    if (!client->lines.empty()) return {.status = 200, .body = client->lines.front()};
    return {.status = client->answered->status, .body = client->answered->body};
  }
  // "livefix_session=..."
  std::string cookie_of(const std::string& secret) {
    const DoorAnswer answer = ask({.method = "POST",
                                   .target = "/login",
                                   .content_type = "application/json",
                                   .body = "{\"token\":\"" + secret + "\"}"});
    EXPECT_EQ(answer.status, 200U) << answer.body;
    const std::string line = answer.fields.empty() ? "" : answer.fields.front();
    return line.substr(12, line.find(';') - 12);
  }

  std::map<std::string, Token> tokens_;
  FailedAttempts failed_{3};
  Dashboard::MayGoOn may_go_on_;
  std::optional<Dashboard> dashboard_;
};

DoorRequest own_page(std::string method, std::string target, std::string cookie) {
  return {.method = std::move(method),
          .target = std::move(target),
          .host = "shop:4850",
          .cookie = std::move(cookie),
          .origin = "http://shop:4850"};
}

TEST_F(DashboardTest, TakesItsFilesAndTheApiAndLeavesTheRestToGit) {
  EXPECT_TRUE(dashboard_->takes("/"));
  EXPECT_TRUE(dashboard_->takes("/v1/status"));
  EXPECT_TRUE(dashboard_->takes("/login"));
  EXPECT_FALSE(dashboard_->takes("/metrics"));
  EXPECT_FALSE(dashboard_->takes("/shop.git/info/refs?service=git-upload-pack"));
}

TEST_F(DashboardTest, ACookieIsForNoScriptAndForNoOtherPage) {
  const DoorAnswer answer = ask({.method = "POST",
                                 .target = "/login",
                                 .forwarded_proto = "https",
                                 .content_type = "application/x-www-form-urlencoded",
                                 .body = "token=livefix_read"});
  ASSERT_EQ(answer.status, 200U) << answer.body;
  ASSERT_EQ(answer.fields.size(), 1U);
  EXPECT_TRUE(answer.fields[0].starts_with("Set-Cookie: livefix_session=eve."));
  EXPECT_TRUE(
      answer.fields[0].ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"))
      << answer.fields[0];
  EXPECT_EQ(answer.body.find("livefix_read"), std::string::npos);
}

TEST_F(DashboardTest, WithoutATokenNothingIsTold) {
  EXPECT_EQ(ask({.method = "GET", .target = "/v1/status"}).status, 401U);
  EXPECT_EQ(ask({.method = "GET", .target = "/v1/nothing"}).status, 401U);
  EXPECT_EQ(ask(own_page("GET", "/v1/status", "livefix_session=eve.0.9.0")).status, 401U);
  EXPECT_EQ(ask({.method = "GET", .target = "/v1/status"}).fields.size(), 0U)
      << "a browser must not ask for a password by itself";
}

TEST_F(DashboardTest, AViewerSeesAndDoesNothing) {
  const std::string cookie = cookie_of("livefix_read");
  EXPECT_EQ(ask(own_page("GET", "/v1/status", cookie)).body, "/v1/status by eve");
  const DoorAnswer refused = ask(own_page("POST", "/v1/abort", cookie));
  EXPECT_EQ(refused.status, 403U);
  EXPECT_NE(refused.body.find("the token eve is for read only"), std::string::npos);
}

TEST_F(DashboardTest, WhoItIsSaysTheTokenAndNeverTheQuery) {
  const std::string cookie = cookie_of("livefix_push");
  EXPECT_EQ(ask(own_page("POST", "/v1/abort?who=root", cookie)).body, "/v1/abort by anna");
  EXPECT_EQ(ask(own_page("POST", "/v1/rollback?to=3", cookie)).body, "/v1/rollback by anna");
}

TEST_F(DashboardTest, WhatChangesTheServerOtherwiseIsNotThere) {
  const std::string cookie = cookie_of("livefix_push");
  tokens_["anna"].scopes = {Scope::admin};
  EXPECT_EQ(ask(own_page("POST", "/v1/stop", cookie)).status, 404U);
  EXPECT_EQ(ask(own_page("POST", "/v1/push", cookie)).status, 404U);
  EXPECT_EQ(ask(own_page("GET", "/v1/nothing", cookie)).status, 404U);
  EXPECT_EQ(ask(own_page("GET", "/v1/abort", cookie)).status, 405U);
}

TEST_F(DashboardTest, AnotherPageCannotPressButtons) {
  const std::string cookie = cookie_of("livefix_push");
  DoorRequest request = own_page("POST", "/v1/abort", cookie);
  request.origin = "http://evil:4850";
  EXPECT_EQ(ask(request).status, 403U);
  request.origin.clear();
  EXPECT_EQ(ask(request).status, 403U) << "nothing says that it is the own page";
  request.fetch_site = "same-site";
  EXPECT_EQ(ask(request).status, 403U);
  request.fetch_site = "same-origin";
  EXPECT_EQ(ask(request).status, 200U);
  EXPECT_EQ(
      ask({.method = "POST", .target = "/v1/abort", .authorization = "Bearer livefix_push"}).status,
      200U)
      << "no page can send that";
  EXPECT_EQ(ask({.method = "POST",
                 .target = "/login",
                 .origin = "http://evil",
                 .body = "token=livefix_push"})
                .status,
            403U);
}

TEST_F(DashboardTest, ATokenThatIsTakenAwayIsOutAtOnce) {
  const std::string cookie = cookie_of("livefix_push");
  ASSERT_EQ(ask(own_page("GET", "/v1/watch", cookie)).status, 200U);
  ASSERT_TRUE(may_go_on_(kTimes.wall));
  EXPECT_FALSE(may_go_on_(kTimes.wall + SessionKey::kLifetime));
  tokens_["anna"].digest = Token::digest_of("a new one of that name");
  EXPECT_EQ(ask(own_page("GET", "/v1/status", cookie)).status, 401U);
  EXPECT_FALSE(may_go_on_(kTimes.wall));
  tokens_.erase("anna");
  EXPECT_EQ(ask(own_page("GET", "/v1/status", cookie)).status, 401U);
}

TEST_F(DashboardTest, ABrowserThatComesBackGoesOnWhereItWas) {
  DoorRequest request = own_page("GET", "/v1/watch?since=5", cookie_of("livefix_read"));
  EXPECT_EQ(ask(request).body, "since 5");
  request.last_event_id = "17";
  EXPECT_EQ(ask(request).body, "since 17");
}

TEST_F(DashboardTest, GuessesAreBounded) {
  DoorRequest request{.method = "POST", .target = "/login", .body = "token=livefix_guess"};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(request).status, 401U);
  const DoorAnswer refused = ask(request);
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(refused.fields, std::vector<std::string>{"Retry-After: 60"});
}

TEST_F(DashboardTest, FilesAreGzippedWhereThatIsTakenAndKeptWhereTheyNeverChange) {
  const DoorAnswer plain = ask({.method = "GET", .target = "/"});
  EXPECT_EQ(plain.body, "<p>page</p>");
  EXPECT_EQ(plain.cache, "no-cache");
  const DoorAnswer script =
      ask({.method = "GET", .target = "/assets/a-1.js", .accept_encoding = "br, gzip"});
  EXPECT_EQ(script.body, "GZJS");
  EXPECT_EQ(script.cache, "public, max-age=31536000, immutable");
  const DoorAnswer known = ask({.method = "GET", .target = "/", .if_none_match = "\"1\""});
  EXPECT_EQ(known.status, 304U);
  EXPECT_EQ(known.body, "");
  EXPECT_EQ(ask({.method = "POST", .target = "/"}).status, 405U);
}

}  // namespace
}  // namespace livefix::control
