// GitHttp and clients that are not Git.
#include "control/git_http_harness.h"

namespace livefix::control {
namespace {

constexpr auto kRefs = "GET /shop.git/info/refs?service=git-receive-pack HTTP/1.1\r\nHost: x\r\n";
constexpr auto kPost =
    "POST /shop.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n"
    "Content-Type: application/x-git-receive-pack-request\r\n"
    "Authorization: Bearer livefix_planted\r\n";

class GitHttpHostile : public GitHttpTest {
 protected:
  static std::string lines(const std::string& first) {
    return first + "Authorization: Bearer livefix_planted\r\n";
  }
  unsigned status_of(std::string_view text) const {
    const auto answer = answers_to(text);
    last_answer_ = answer;
    return answer.starts_with("HTTP/1.1 ") ? static_cast<unsigned>(std::stoul(answer.substr(9, 3)))
                                           : 0;
  }
  mutable std::string last_answer_;
};

TEST_F(GitHttpHostile, NothingButTheProtocolIsServed) {
  std::ofstream(directory_ / "shop.git/description") << "planted\n";
  start();
  for (const auto* target :
       {"/", "/shop.git/HEAD", "/shop.git/description", "/shop.git/../tokens", "/../tokens",
        "/shop.git/%2e%2e/tokens", "/shop.git/info/refs", "/shop.git/objects/info/packs", "*",
        "http://x/shop.git/info/refs?service=git-receive-pack"}) {
    const auto request = fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", target);
    EXPECT_EQ(status_of(lines(request) + "\r\n"), 404U) << target;
    EXPECT_EQ(last_answer_.find("planted"), std::string::npos) << target;
  }
  for (const auto* method : {"PUT", "DELETE", "PROPFIND", "OPTIONS"}) {
    const auto request = fmt::format(
        "{} /shop.git/info/refs?service=git-receive-pack HTTP/1.1\r\nHost: x\r\n"
        "Connection: close\r\n",
        method);
    EXPECT_EQ(status_of(lines(request) + "\r\n"), 404U) << method;
  }
}

TEST_F(GitHttpHostile, AHeadHasNoBody) {
  start();
  EXPECT_EQ(status_of("HEAD /shop.git/info/refs?service=git-receive-pack HTTP/1.1\r\nHost: x\r\n"
                      "Connection: close\r\n\r\n"),
            404U);
  EXPECT_TRUE(last_answer_.ends_with("\r\n\r\n")) << last_answer_;
}

TEST_F(GitHttpHostile, WithoutATokenNothingIsStarted) {
  hook("echo ran > ../ran");
  start();
  EXPECT_EQ(status_of(std::string(kRefs) + "Connection: close\r\n\r\n"), 401U);
  EXPECT_NE(last_answer_.find("WWW-Authenticate: Basic realm=\"livefix\"\r\n"), std::string::npos);
  EXPECT_EQ(status_of(std::string(kRefs) + "Authorization: Basic !\r\nConnection: close\r\n\r\n"),
            401U);
  // One that asks before it sends, and one that sends a body.
  EXPECT_EQ(status_of("POST /shop.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n"
                      "Content-Type: application/x-git-receive-pack-request\r\n"
                      "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"),
            401U);
  EXPECT_EQ(last_answer_.find("100 Continue"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "ran"));
}

TEST_F(GitHttpHostile, ARefusedBodyIsReadOver) {
  start();
  const auto answers = answers_to(
      "POST /shop.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n"
      "Content-Type: application/x-git-receive-pack-request\r\n"
      "Content-Length: 100000\r\n\r\n" +
      std::string(100'000, 'x') + lines(kRefs) + "Connection: close\r\n\r\n");
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 401 ")) << answers;
  EXPECT_NE(answers.find("HTTP/1.1 200 OK\r\n"), std::string::npos) << answers;
}

TEST_F(GitHttpHostile, AnswersToManyRequestsOfOneConnectionComeInOrder) {
  start();
  const auto answers = answers_to(lines(kRefs) + "\r\n" + kRefs + "\r\n" + lines(kRefs) +
                                  "Connection: close\r\n\r\n");
  const auto second = answers.find("HTTP/1.1 401 ");
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(second, std::string::npos);
  EXPECT_NE(answers.find("HTTP/1.1 200 OK\r\n", second), std::string::npos);
  EXPECT_TRUE(answers.ends_with("0\r\n\r\n")) << answers;
}

TEST_F(GitHttpHostile, AnOldClientGetsItsAnswerWithoutChunks) {
  start();
  const auto answer =
      answers_to(lines("GET /shop.git/info/refs?service=git-receive-pack HTTP/1.0\r\n") + "\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_EQ(answer.find("chunked"), std::string::npos);
  EXPECT_NE(answer.find("\r\n\r\n001f# service=git-receive-pack\n"), std::string::npos) << answer;
}

TEST_F(GitHttpHostile, AClientThatAsksFirstIsToldToGoOn) {
  start();
  const auto socket = connection(std::string(kPost) +
                                 "Content-Length: 4\r\nExpect: 100-continue\r\n"
                                 "Connection: close\r\n\r\n");
  ByteReader reader(socket.get());
  EXPECT_EQ(reader.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  send(socket.get(), "0000");
  EXPECT_TRUE(reader.rest().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(GitHttpHostile, HeadsAreBounded) {
  start();
  EXPECT_EQ(status_of(std::string(kRefs) + "X: " + std::string(100'000, 'x') + "\r\n\r\n"), 431U);
  std::string many(kRefs);
  for (int i = 0; i < 5'000; ++i) many += "A: b\r\n";
  EXPECT_EQ(status_of(many + "\r\n"), 431U);
}

TEST_F(GitHttpHostile, WhatIsNoHttpIsRefused) {
  start();
  for (const std::string& wrong :
       {std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string(kRefs) + "A: b" + std::string(1, '\0') + "c\r\n\r\n",
        std::string(kRefs) + "A" + std::string(1, '\0') + ": c\r\n\r\n",
        std::string(kPost) + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0000",
        std::string(kPost) + "Content-Length: 4\r\nContent-Length: 5\r\n\r\n0000",
        std::string(kPost) + "Content-Length: -1\r\n\r\n0000"}) {
    EXPECT_EQ(status_of(wrong), 400U) << wrong;
  }
  EXPECT_EQ(status_of(lines(kRefs) + "Content-Length: 4\r\n\r\n0000"), 400U);
}

TEST_F(GitHttpHostile, ABodyLongerThanSaidIsTheNextRequest) {
  start();
  const auto answers =
      answers_to(std::string(kPost) + "Content-Length: 4\r\n\r\n0000and more\r\n\r\n");
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 200 OK\r\n")) << answers;
  EXPECT_NE(answers.find("0\r\n\r\nHTTP/1.1 400 "), std::string::npos) << answers;
}

TEST_F(GitHttpHostile, ChunksThatAreNoneEndTheConnection) {
  start();
  const auto answers =
      answers_to(std::string(kPost) + "Transfer-Encoding: chunked\r\n\r\nzz\r\n0000\r\n");
  EXPECT_FALSE(answers.ends_with("0\r\n\r\n")) << answers;
}

TEST_F(GitHttpHostile, ABodyThatIsNoPackIsGitsToRefuse) {
  start();
  EXPECT_NE(
      status_of(std::string(kPost) + "Content-Length: 9\r\nConnection: close\r\n\r\n!!!! junk"),
      0U);
  EXPECT_NE(status_of(std::string(kPost) +
                      "Content-Encoding: gzip\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"
                      "!!!! junk"),
            0U);
  EXPECT_NE(complaints_with("git http-backend").find("git http-backend"), std::string::npos);
  EXPECT_EQ(complaints().find("planted"), std::string::npos) << complaints();
  EXPECT_EQ(push(url()).status, 0);
}

TEST_F(GitHttpHostile, ASlowHeadIsCut) {
  settings_.limits.head = Milliseconds{50};
  start();
  EXPECT_EQ(answers_to(kRefs), "");
}

TEST_F(GitHttpHostile, ASlowBodyIsCutAndGitWithIt) {
  settings_.limits.body = Milliseconds{50};
  start();
  const auto answers = answers_to(std::string(kPost) + "Content-Length: 1000\r\n\r\n00");
  EXPECT_FALSE(answers.ends_with("0\r\n\r\n")) << answers;  // whatever Git said: it is not whole
  stop();
}

TEST_F(GitHttpHostile, AClientThatLeavesInItsBodyEndsGit) {
  start();
  connection(std::string(kPost) + "Content-Length: 1000\r\n\r\n00");
  connection(std::string(kPost) + "Content-Length: 1000\r\n\r\n");
  stop();
}

TEST_F(GitHttpHostile, WrongTokensAreLimitedByAddress) {
  settings_.limits.failed_attempts = 2;
  start();
  const auto wrong = std::string(kRefs) + "Authorization: Bearer wrong\r\n\r\n";
  EXPECT_EQ(status_of(wrong), 401U);
  EXPECT_EQ(status_of(wrong), 401U);
  EXPECT_EQ(status_of(wrong), 429U);
  EXPECT_NE(last_answer_.find("Retry-After: 60\r\n"), std::string::npos);
  EXPECT_EQ(status_of(lines(kRefs) + "Connection: close\r\n\r\n"), 200U);
}

TEST_F(GitHttpHostile, WhoAsksNothingGivesWay) {
  settings_.limits.connections = 2;
  start();
  const auto first = connection("");
  const auto second = connection("GET");
  EXPECT_EQ(status_of(lines(kRefs) + "Connection: close\r\n\r\n"), 200U);
  EXPECT_EQ(ByteReader(first.get()).rest(), "");
}

}  // namespace
}  // namespace livefix::control
