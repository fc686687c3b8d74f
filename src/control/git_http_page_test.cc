// The page beside Git, as bytes on a connection.
#include <semaphore>

#include "control/dashboard.h"
#include "control/git_http_harness.h"

namespace livefix::control {
namespace {

class GitHttpPageTest : public GitHttpTest {
 protected:
  GitHttpPageTest() {
    using enum ControlApi::Method;
    dashboard_.emplace(Dashboard::Parts{
        .routes = {{get,
                    "/v1/status",
                    {},
                    [](const ApiRequest& request, const ApiReply& reply) {
                      reply.answer({200, "{\"for\":\"" + request.who() + "\"}"});
                    }},
                   {get,
                    "/v1/watch",
                    {"since"},
                    [this](const ApiRequest&, const ApiReply& reply) {
                      reply.line("{\"first\":1}", 17);
                      reply.on_gone([this] { left_.release(); });
                    }},
                   {get,
                    "/v1/logs",
                    {},
                    [this](const ApiRequest&, const ApiReply& reply) {
                      const std::string line(1 << 20, 'x');
                      for (int i = 0; i < 8; ++i) reply.line(line);
                      reply.on_gone([this] { left_.release(); });
                    }}},
        .files = kOneFile,
        .authorize = [this](std::string_view secret) { return tokens_->find(secret); },
        .named = [this](std::string_view name) { return tokens_->named(name); },
        .key = SessionKey({7})});
    tokens_.emplace(directory_ / "tokens", nullptr);
    settings_.dashboard = &*dashboard_;
    settings_.limits.beat = Milliseconds(20);
  }
  ~GitHttpPageTest() override { stop(); }

  static constexpr std::array<PageFile, 1> kOneFile{
      {{"/", "text/html; charset=utf-8", "<p>page</p>", "GZ", "\"1\"", false}}};

  std::optional<TokenFile> tokens_;
  std::optional<Dashboard> dashboard_;
  std::counting_semaphore<> left_{0};
};

constexpr std::string_view kBearer = "Authorization: Bearer livefix_planted\r\n";

TEST_F(GitHttpPageTest, OneConnectionServesSeveralRequestsOfThePage) {
  start();
  const std::string twice = fmt::format(
      "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /login HTTP/1.1\r\nHost: h\r\nContent-Length: 21\r\n\r\ntoken=livefix_planted"
      "GET /v1/status HTTP/1.1\r\nHost: h\r\n{}Connection: close\r\n\r\n",
      kBearer);
  const std::string answers = answers_to(twice);
  EXPECT_NE(answers.find("<p>page</p>"), std::string::npos) << answers;
  EXPECT_NE(answers.find("Content-Security-Policy: default-src 'none'; script-src 'self'"),
            std::string::npos);
  EXPECT_NE(answers.find("Set-Cookie: livefix_session=ci."), std::string::npos) << answers;
  EXPECT_NE(answers.find("{\"for\":\"ci\"}"), std::string::npos) << answers;
  EXPECT_EQ(answers.find("livefix_planted"), std::string::npos);
}

TEST_F(GitHttpPageTest, AStreamOfEventsGoesOnUntilItsClientLeaves) {
  start();
  {
    const auto socket = connection(fmt::format(
        "GET /v1/watch HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n{}\r\n", kBearer));
    ByteReader reader(socket.get());
    const std::string head = reader.until("\r\n\r\n");
    EXPECT_NE(head.find("Content-Type: text/event-stream"), std::string::npos) << head;
    EXPECT_EQ(reader.until("\n\n"), "id: 17\ndata: {\"first\":1}\n\n");
    EXPECT_EQ(reader.until("\n\n"), ":\n\n") << "it is there";
  }
  EXPECT_TRUE(left_.try_acquire_for(kTestPatience));
}

TEST_F(GitHttpPageTest, AStreamEndsWhenItsTokenIsTakenAway) {
  start();
  const auto socket = connection(fmt::format(
      "GET /v1/watch HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n{}\r\n", kBearer));
  ByteReader reader(socket.get());
  reader.until("\"first\":1}\n\n");
  write_token("other", Scope::read, "livefix_other");
  reader.rest();  // ends
  EXPECT_TRUE(left_.try_acquire_for(kTestPatience));
}

TEST_F(GitHttpPageTest, GitGoesOnBesideManyStreamsAndThoseAreBounded) {
  settings_.limits.streams = 2;
  start();
  const std::string watch = fmt::format(
      "GET /v1/watch HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n{}\r\n", kBearer);
  const auto one = connection(watch);
  ByteReader(one.get()).until("\r\n\r\n");
  const auto two = connection(watch);
  ByteReader(two.get()).until("\r\n\r\n");
  const auto three = connection(watch);
  EXPECT_TRUE(ByteReader(three.get()).until("\r\n").starts_with("HTTP/1.1 503"));
  EXPECT_EQ(push(url()).status, 0);
}

TEST_F(GitHttpPageTest, AClientThatDoesNotReadIsCut) {
  start();
  const auto socket =
      connection(fmt::format("GET /v1/logs HTTP/1.1\r\nHost: h\r\n{}\r\n", kBearer));
  EXPECT_TRUE(left_.try_acquire_for(kTestPatience));
}

TEST_F(GitHttpPageTest, ABodyThatIsTooLargeIsRefused) {
  start();
  const std::string answer =
      answers_to("POST /login HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" +
                 std::string(100'000, 'x'));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << answer;
}

}  // namespace
}  // namespace livefix::control
