#include "cli/configured_command.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/temporary_tree.h"

namespace livefix::cli {
namespace {

using Words = std::vector<std::string>;

class ConfiguredCommandTest : public testing::Test {
 protected:
  ConfiguredCommandTest() {
    for (const auto* name : {"bin/node", "bin/go", "bin/make", "app/server"}) tree_.program(name);
    tree_.file("app/main.go", "package main\n");
    tree_.file("app/server.js");
    surroundings_.directory = tree_.path("app");
    surroundings_.search_path = tree_.path("bin");
    section_.name = "shop";
  }
  DetectedCommand detect(const Words& words) {
    const auto detected = detect_configured(words, section_, surroundings_);
    if (detected) return *detected;
    ADD_FAILURE() << detected.error().sentence;
    return {};
  }

  TemporaryTree tree_;
  Surroundings surroundings_;
  ServiceSection section_;
};

TEST_F(ConfiguredCommandTest, IsDetectedAsOnTheCommandLine) {
  EXPECT_EQ(detect({"server.js"}).command, (Words{"node", "server.js"}));
  EXPECT_EQ(detect({"server.js"}).named_files, Words{"server.js"});
  EXPECT_FALSE(detect_configured(Words{"nodee"}, section_, surroundings_));
}

TEST_F(ConfiguredCommandTest, RunsWhatTheBuildMakes) {
  section_.build = Words{"go", "build", "-o", "{output}", "."};
  const auto made = detect({"{output}", "-v"});
  EXPECT_EQ(made.command, (Words{"{output}", "-v"}));
  EXPECT_EQ(made.build.value().command, section_.build.value());
  EXPECT_EQ(made.runtime, Runtime::go);
  EXPECT_EQ(title_of(Words{"{output}", "-v"}, section_), "shop -v");
  section_.build = Words{"make", "out"};
  EXPECT_EQ(detect({"{output}"}).runtime, Runtime::other);
}

TEST_F(ConfiguredCommandTest, ReplacesTheBuildThatWasDetected) {
  section_.build = Words{"make"};
  const auto made = detect({"main.go"});
  EXPECT_EQ(made.command, Words{"{output}"});
  EXPECT_EQ(made.build.value().command, Words{"make"});
}

TEST_F(ConfiguredCommandTest, NeedNotBeThereBeforeItsBuild) {
  section_.build = Words{"make"};
  EXPECT_EQ(detect({"node", "dist/server.js"}).command, (Words{"node", "dist/server.js"}));
  EXPECT_EQ(detect({"node", "dist/server.js"}).runtime, Runtime::node);
  EXPECT_EQ(detect({"./out/server"}).command, Words{"./out/server"});
}

TEST_F(ConfiguredCommandTest, WatchesWhatItIsBuiltFrom) {
  section_.build = Words{"make"};
  const auto made = detect({"./server"});
  EXPECT_FALSE(made.compiled);
  EXPECT_EQ(std::ranges::count(made.named_files, "./server"), 0);
}

TEST_F(ConfiguredCommandTest, NeedsTheProgramThatBuilds) {
  section_.build = Words{"mkae"};
  const auto detected = detect_configured(Words{"./server"}, section_, surroundings_);
  ASSERT_FALSE(detected);
  EXPECT_EQ(detected.error().sentence, "service.shop.build: mkae: command not found");
  EXPECT_EQ(detected.error().exit_status, 127);
}

}  // namespace
}  // namespace livefix::cli
