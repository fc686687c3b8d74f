#include "control/notify_command.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>

#include "os/spawn.h"

namespace livefix::control {
namespace {

class NotifyCommandTest : public ::testing::Test {
 protected:
  using enum DeliveryOutcome::Kind;

  DeliveryOutcome run(const std::string& command, Milliseconds patience = NotifyCommand::kPatience,
                      const std::string& body = R"({"event":"drift"})") {
    NotifyCommand courier(context_, command, os::environment_with({"LIVEFIX_RUN=shop"}), patience);
    std::optional<DeliveryOutcome> outcome;
    courier.deliver({"drift", "shop-7-1f2e3d4c", body, 7},
                    [&](const DeliveryOutcome& came) { outcome = came; });
    EXPECT_FALSE(outcome) << "not from within";
    context_.restart();
    while (!outcome && context_.run_one() > 0) {
    }
    return outcome.value_or(DeliveryOutcome{});
  }

  boost::asio::io_context context_;
};

TEST_F(NotifyCommandTest, GetsTheEventOnItsInputAndInItsEnvironment) {
  const auto outcome =
      run("test \"$(cat)\" = '{\"event\":\"drift\"}' && "
          "test \"$LIVEFIX_EVENT $LIVEFIX_DELIVERY $LIVEFIX_RUN\" = 'drift shop-7-1f2e3d4c shop'");
  EXPECT_EQ(outcome.kind, delivered) << outcome.what;
}

TEST_F(NotifyCommandTest, AFailureIsToldWithItsLastLineAndNotRepeated) {
  const auto outcome = run("echo out; printf 'one\\ntwo \\033[31m\\n\\n' >&2; exit 3");
  EXPECT_EQ(outcome.kind, given_up);
  EXPECT_EQ(outcome.what, "it exited with 3: two  [31m");
  EXPECT_EQ(run("echo out; exit 1").what, "it exited with 1: out");
  EXPECT_EQ(run("kill -9 $$").what, "it was killed by SIGKILL");
}

TEST_F(NotifyCommandTest, NeedNotReadItsInput) {
  EXPECT_EQ(run("exit 0", NotifyCommand::kPatience, std::string(2'000'000, 'x')).kind, delivered);
}

TEST_F(NotifyCommandTest, OneThatDoesNotEndIsEndedWithAllThatItStarted) {
  const auto outcome = run("sleep 1000 & wait", Milliseconds{100});
  EXPECT_EQ(outcome.kind, given_up);
  EXPECT_EQ(outcome.what, "it had not ended within 100 ms, and was ended");
}

TEST(LastLine, IsTheLastThatSaysSomething) {
  EXPECT_EQ(last_line_of("a\nb\n \n"), "b");
  EXPECT_EQ(last_line_of(" \n\n"), "");
  EXPECT_EQ(last_line_of(std::string(1'000, 'x')).size(), 200U);
}

}  // namespace
}  // namespace livefix::control
