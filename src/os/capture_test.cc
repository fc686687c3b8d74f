#include "os/capture.h"

#include <gtest/gtest.h>

namespace livefix::os {
namespace {

using namespace std::chrono_literals;

TEST(Capture, ReturnsWhatAProgramPrints) {
  const auto output = capture({.command = {"sh", "-c", "echo $A; pwd; echo no >&2"},
                               .environment = {"A=b"},
                               .directory = "/"});
  ASSERT_TRUE(output);
  EXPECT_EQ(*output, "b\n/\n");
}

TEST(Capture, FailsWithTheProgram) {
  EXPECT_FALSE(capture({.command = {"sh", "-c", "echo a; exit 1"}}));
  EXPECT_FALSE(capture({.command = {"livefix-no-such-program"}}));
}

TEST(Capture, DoesNotWaitForEver) {
  const auto output = capture({.command = {"sleep", "1000"}, .patience = 20ms});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "sleep takes too long");
}

TEST(Capture, GivesTheEndOfTheErrorsAndTheExitStatus) {
  const auto answer = capture_with_errors(
      {.command = {"sh", "-c", "echo out; seq 1 10000 >&2; echo last >&2; exit 3"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->output, "out\n");
  EXPECT_EQ(answer->errors.size(), 4096U);
  EXPECT_TRUE(answer->errors.ends_with("10000\nlast\n"));
  EXPECT_EQ(answer->exit_status, 3);
  const auto killed = capture_with_errors({.command = {"sh", "-c", "kill -9 $$"}});
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed->exit_status, 137);
}

TEST(Capture, CutsWhatIsTooMuchWhereThatIsWanted) {
  CaptureRequest request{.command = {"sh", "-c", "seq 1 1000000"}, .most_output = 10};
  const auto refused = capture(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "sh prints too much");
  request.cut_output = true;
  const auto cut = capture_with_errors(request);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->output, "1\n2\n3\n4\n5\n");
  EXPECT_TRUE(cut->cut);
  const auto whole = capture_with_errors(
      {.command = {"sh", "-c", "echo 12345"}, .most_output = 6, .cut_output = true});
  ASSERT_TRUE(whole);
  EXPECT_FALSE(whole->cut) << "exactly as much as is wanted";
}

TEST(Capture, TakesNothingFromTheCallersEnvironmentWhenAsked) {
  const auto output = capture(
      {.command = {"/usr/bin/env"}, .environment = {"ONLY=this"}, .clean_environment = true});
  ASSERT_TRUE(output);
  EXPECT_EQ(*output, "ONLY=this\n");
}

}  // namespace
}  // namespace livefix::os
