// GitHttp as Git's own client sees it.
#include "control/git_http.h"

#include "control/git_http_harness.h"

namespace livefix::control {
namespace {

TEST_F(GitHttpTest, TakesAPushAndGivesItBack) {
  start();
  const auto pushed_to = push(url());
  EXPECT_EQ(pushed_to.status, 0) << pushed_to.output;
  EXPECT_EQ(pushed(), head());
  must("git clone --quiet " + url("anna:" + std::string(kSecret)) + " clone");
  EXPECT_EQ(must("git -C clone rev-parse HEAD"), head());
  must("cd work && echo 2 > file && git commit --quiet -am two");
  EXPECT_EQ(push(url()).status, 0);
  must("git -C clone fetch --quiet && git -C clone reset --quiet --hard origin/main");
  EXPECT_EQ(must("git -C clone rev-parse HEAD"), head());
  EXPECT_EQ(complaints(), "");
}

TEST_F(GitHttpTest, TakesATokenAsUserAsPasswordAndAsBearer) {
  start();
  EXPECT_EQ(push(url(kSecret)).status, 0);
  EXPECT_EQ(push(url(std::string(kSecret) + ":x")).status, 0);
  EXPECT_EQ(push(url("anna:" + std::string(kSecret))).status, 0);
  const auto bearer = outcome_of(fmt::format(
      "git -C work -c http.extraHeader='Authorization: Bearer {}' push {} main", kSecret, url("")));
  EXPECT_EQ(bearer.status, 0) << bearer.output;
}

// More than http.postBuffer: Git sends it in chunks, of a length that it does not know.
TEST_F(GitHttpTest, TakesALargePushInChunks) {
  start();
  must(
      "head -c 3000000 /dev/urandom > work/large && cd work && git add . && "
      "git commit --quiet -m large");
  const auto pushed_to =
      outcome_of("cd work && GIT_TRACE_CURL=1 git push " + url() + " main 2>&1 | tr -d '\\0'");
  EXPECT_NE(pushed_to.output.find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_EQ(pushed(), head());
  must("git -C shop.git fsck --full");
  must("git clone --quiet " + url() + " clone && cmp work/large clone/large");
}

TEST_F(GitHttpTest, TakesGzippedRequests) {
  start();
  must(
      "cd work && for i in $(seq 60); do git commit --quiet --allow-empty -m $i && "
      "git branch b$i; done && git push --quiet --all " +
      url());
  const auto cloned = outcome_of("GIT_TRACE_CURL=1 git clone " + url() + " clone 2>&1");
  EXPECT_NE(cloned.output.find("ontent-Encoding: gzip"), std::string::npos);
  EXPECT_EQ(must("git -C clone rev-parse origin/b60"), must("git -C work rev-parse b60"));
}

TEST_F(GitHttpTest, LinesOfAHookAppearWhileItRuns) {
  const auto gate = fifo("gate");
  hook("echo first; read line < " + gate + "; echo \"then $line\"");
  start();
  auto push = program("cd work && git push " + url() + " main");
  EXPECT_NE(push.until("remote: first").find("remote: first"), std::string::npos);
  EXPECT_EQ(pushed(), "");
  std::ofstream(gate) << "second\n";
  EXPECT_NE(push.rest().find("remote: then second"), std::string::npos);
  EXPECT_EQ(push.status(), 0);
  EXPECT_EQ(pushed(), head());
}

TEST_F(GitHttpTest, AHookRefusesAPush) {
  hook("echo no, because; exit 1");
  start();
  const auto refused = push(url());
  EXPECT_NE(refused.status, 0);
  EXPECT_NE(refused.output.find("remote: no, because"), std::string::npos) << refused.output;
  EXPECT_NE(refused.output.find("pre-receive hook declined"), std::string::npos);
  EXPECT_EQ(pushed(), "");
}

TEST_F(GitHttpTest, AHookHasWhatItNeedsAndNoSecret) {
  setenv("LIVEFIX_TEST_SECRET", "planted-too", 1);
  hook("env > ../environment");
  settings_.environment = {"EXTRA=1"};
  start();
  const auto pushed_to = push(url());
  ASSERT_EQ(pushed_to.status, 0) << pushed_to.output;
  const auto environment = must("cat environment");
  EXPECT_NE(environment.find("\nLIVEFIX_PUSHER=ci\n"), std::string::npos) << environment;
  EXPECT_NE(environment.find("\nREMOTE_ADDR=127.0.0.1\n"), std::string::npos);
  EXPECT_NE(environment.find("\nEXTRA=1\n"), std::string::npos);
  EXPECT_EQ(environment.find("planted"), std::string::npos) << environment;
  EXPECT_EQ(environment.find("AUTHORIZATION"), std::string::npos);
  must("! grep -r planted shop.git tokens");
  EXPECT_EQ(pushed_to.output.find("planted"), std::string::npos) << pushed_to.output;
  EXPECT_EQ(complaints(), "");
}

class GitHttpEndings : public GitHttpTest {
 protected:
  // A push whose hook has begun and waits; `prelude` is what the hook does before.
  TestProgram held_push(const std::string& prelude) {
    const auto gate = fifo("gate");
    const auto alive = fifo("alive");
    // Ends when the last process that has it open does.
    alive_.emplace(open(alive.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    hook(fmt::format("exec 9> {}; {}; echo up; read line < {}", alive, prelude, gate));
    start();
    auto push = program("cd work && exec git push " + url() + " main");
    EXPECT_NE(push.until("remote: up").find("remote: up"), std::string::npos);
    return push;
  }
  bool hook_has_ended() const {
    pollfd ended{alive_->get(), 0, 0};
    return poll(&ended, 1, static_cast<int>(Milliseconds(kTestPatience).count())) == 1;
  }

  std::optional<os::Fd> alive_;
};

TEST_F(GitHttpEndings, AClientThatLeavesEndsTheHook) {
  auto push = held_push(":");
  push.kill();
  EXPECT_TRUE(hook_has_ended());
  stop();
  EXPECT_EQ(pushed(), "");
  EXPECT_EQ(must("find shop.git -name '*.lock'"), "");
}

TEST_F(GitHttpEndings, AHookThatIgnoresSigtermIsKilled) {
  settings_.limits.grace = Milliseconds{50};
  auto push = held_push("trap '' TERM");
  push.kill();
  EXPECT_TRUE(hook_has_ended());
  EXPECT_EQ(pushed(), "");
}

TEST_F(GitHttpEndings, TheEndOfLivefixEndsTheHook) {
  auto push = held_push("trap '' TERM");
  stop();
  EXPECT_TRUE(hook_has_ended());
  EXPECT_NE(push.status(), 0);
  EXPECT_EQ(pushed(), "");
}

TEST_F(GitHttpEndings, RequestsAtOnceAreLimited) {
  settings_.limits.requests = 1;
  auto push = held_push(":");
  const auto second = this->push(url("x:" + std::string(kSecret)));
  EXPECT_NE(second.status, 0);
  EXPECT_NE(second.output.find("livefix: too many pushes and fetches at once"), std::string::npos)
      << second.output;
  std::ofstream(directory_ / "gate") << "\n";
  push.rest();
  EXPECT_EQ(push.status(), 0);
  EXPECT_EQ(this->push(url()).status, 0);
}

TEST_F(GitHttpTest, WrongAndMissingTokensAreTold) {
  start();
  const auto missing = push(url(""));
  EXPECT_NE(missing.status, 0);
  const auto wrong = push(url("x:wrong"));
  EXPECT_NE(wrong.status, 0);
  EXPECT_NE(wrong.output.find("remote: livefix: this token is not known here"), std::string::npos)
      << wrong.output;
  EXPECT_EQ(pushed(), "");
}

TEST_F(GitHttpTest, ARemovedTokenIsRefusedFromThenOn) {
  start();
  EXPECT_EQ(push(url("x:" + std::string(kSecret))).status, 0);
  write_token("ci", Scope::push, "another");
  EXPECT_NE(push(url("x:" + std::string(kSecret))).status, 0);
  EXPECT_EQ(push(url("x:another")).status, 0);
}

TEST_F(GitHttpTest, AScopeThatIsTooSmallIsNamed) {
  write_token("reader", Scope::read, kSecret);
  must("git -C work push --quiet ../shop.git main");
  start();
  must("git clone --quiet " + url() + " clone");
  const auto refused = push(url());
  EXPECT_NE(refused.status, 0);
  EXPECT_NE(refused.output.find("remote: livefix: the token reader is for read only"),
            std::string::npos)
      << refused.output;
}

TEST_F(GitHttpTest, ARepositoryThatIsNotThereIsInTheLog) {
  settings_.repository = directory_ / "cart.git";
  start();
  EXPECT_NE(push(url()).status, 0);
  EXPECT_NE(complaints_with("git http-backend").find("git http-backend"), std::string::npos)
      << complaints();
}

TEST(PlainHttpWarning, IsForWhatOthersCanReach) {
  EXPECT_FALSE(plain_http_warning(Address::ipv4(127, 0, 0, 1, 4850)));
  EXPECT_FALSE(plain_http_warning(*Address::parse("[::1]:4850")));
  const auto warning = plain_http_warning(Address::any_ipv4(4850));
  ASSERT_TRUE(warning);
  EXPECT_NE(warning->find("0.0.0.0:4850"), std::string::npos);
}

}  // namespace
}  // namespace livefix::control
