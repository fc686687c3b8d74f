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

}  // namespace
}  // namespace livefix::os
