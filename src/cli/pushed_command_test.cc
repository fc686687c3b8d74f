#include "cli/pushed_command.h"

#include <gtest/gtest.h>

#include "cli/temporary_tree.h"

namespace livefix::cli {
namespace {

using Words = std::vector<std::string>;

class PushedCommandTest : public testing::Test {
 protected:
  PushedCommandTest() {
    for (const auto* name : {"node", "npm", "python3", "go", "make", "tool.py"}) {
      tree_.program(std::string("bin/") + name);
    }
    surroundings_.directory = tree_.path("state");
    surroundings_.search_path = tree_.path("bin");
    section_.name = "shop";
  }
  DetectedCommand detect(const Words& words) {
    section_.command = words;
    const auto detected = detect_pushed(section_, surroundings_);
    if (detected) return *detected;
    ADD_FAILURE() << detected.error().sentence;
    return {};
  }
  // The sentence without its beginning, and the exit status.
  std::pair<std::string, int> refused(const Words& words) {
    section_.command = words;
    const auto detected = detect_pushed(section_, surroundings_);
    if (detected) return {"accepted", 0};
    EXPECT_TRUE(detected.error().sentence.starts_with("service.shop."));
    return {detected.error().sentence.substr(13), detected.error().exit_status};
  }
  using Refusal = std::pair<std::string, int>;

  TemporaryTree tree_;
  Surroundings surroundings_;
  ServiceSection section_;
};

TEST_F(PushedCommandTest, IsTakenAsItIs) {
  for (const auto& words :
       {Words{"node", "server.js", "a b"}, Words{"./bin/shop"}, Words{"bin/shop", "-v"},
        Words{"./manage.py", "runserver"}, Words{"node_modules/.bin/next", "start"},
        Words{tree_.path("bin/node"), "x.js"}, Words{"npm", "start"}, Words{"tool.py"}}) {
    EXPECT_EQ(detect(words).command, words);
    EXPECT_FALSE(detect(words).build);
    EXPECT_TRUE(detect(words).named_files.empty());
  }
}

TEST_F(PushedCommandTest, KnowsItsRuntime) {
  EXPECT_EQ(detect({"node", "server.js"}).runtime, Runtime::node);
  EXPECT_EQ(detect({"npm", "start"}).runtime, Runtime::node);
  EXPECT_EQ(detect({"node_modules/.bin/next"}).runtime, Runtime::node);
  EXPECT_EQ(detect({"./bin/shop"}).runtime, Runtime::other);
  const auto python = detect({"python3", "-m", "shop"});
  EXPECT_EQ(python.runtime, Runtime::python);
  EXPECT_EQ(python.environment, Words{"PYTHONUNBUFFERED=1"});
}

TEST_F(PushedCommandTest, LooksAtNoTreeThatHappensToBeThere) {
  tree_.file("state/package.json", R"({"scripts":{"start":"python3 app.py"}})");
  tree_.program("state/bin/shop", "#!/usr/bin/env python3\n");
  tree_.file("state/server.js");
  EXPECT_EQ(refused({"server.js"}).second, 2);
  EXPECT_EQ(detect({"node", "other.js"}).runtime, Runtime::node) << "it need not be there";
}

TEST_F(PushedCommandTest, HasABuild) {
  section_.build = Words{"go", "build", "-o", "{output}", "."};
  const auto made = detect({"{output}", "-v"});
  EXPECT_EQ(made.command, (Words{"{output}", "-v"}));
  EXPECT_EQ(made.build.value().command, section_.build.value());
  EXPECT_EQ(made.build.value().directory, "");
  EXPECT_EQ(made.runtime, Runtime::go);
  section_.build = Words{"./build.sh"};
  EXPECT_EQ(detect({"{output}"}).runtime, Runtime::other);
  section_.build = Words{"npm", "ci"};
  EXPECT_EQ(detect({"node", "server.js"}).runtime, Runtime::node);
}

TEST_F(PushedCommandTest, NeedsTheProgramThatBuilds) {
  section_.build = Words{"mkae"};
  EXPECT_EQ(refused({"{output}"}),
            (Refusal{"build: mkae: command not found; did you mean make?", 127}));
}

TEST_F(PushedCommandTest, IsNoScriptByItself) {
  EXPECT_EQ(refused({"server.js"}),
            (Refusal{"command: server.js is no program; write command = \"node server.js\"", 2}));
  EXPECT_EQ(refused({"app.py", "--port", "1 2"}),
            (Refusal{"command: app.py is no program; write command = \"python3 app.py --port "
                     "'1 2'\"",
                     2}));
  EXPECT_EQ(refused({"app.ts"}),
            (Refusal{"command: app.ts is no program; write command = \"npx tsx app.ts\", or node "
                     "instead of npx tsx from node 22.18 on",
                     2}));
  EXPECT_EQ(refused({"main.go"}),
            (Refusal{"command: main.go is no program; write build = \"go build -o {output} .\" and "
                     "command = \"{output}\"",
                     2}));
  EXPECT_EQ(refused({"./cmd/shop/main.go"}),
            (Refusal{"command: ./cmd/shop/main.go is no program; write build = \"go build -o "
                     "{output} ./cmd/shop\" and command = \"{output}\"",
                     2}));
  EXPECT_EQ(refused({"."}),
            (Refusal{"command: . is no program; write build = \"go build -o {output} .\" and "
                     "command = \"{output}\"",
                     2}));
  section_.build = Words{"make"};
  EXPECT_EQ(refused({"main.go"}),
            (Refusal{"command: main.go is no program; write command = \"{output}\", which is what "
                     "the build makes",
                     2}));
}

TEST_F(PushedCommandTest, IsOnThisMachineOrInTheCommit) {
  EXPECT_EQ(refused({"nodee", "x"}),
            (Refusal{"command: nodee: command not found; did you mean node?", 127}));
  EXPECT_EQ(refused({"catalogue"}),
            (Refusal{"command: catalogue: command not found; if it is in the commit, write its "
                     "path: \"./catalogue\"",
                     127}));
  EXPECT_EQ(refused({"/opt/nowhere/shop"}),
            (Refusal{"command: /opt/nowhere/shop is no program of this machine; one of the commit "
                     "is written from the service's directory, \"./bin/shop\"",
                     127}));
}

TEST_F(PushedCommandTest, DoesNotLeaveTheCommit) {
  EXPECT_EQ(refused({"../bin/shop"}),
            (Refusal{"command: ../bin/shop leads out of the commit; write a path inside of it, "
                     "\"./bin/shop\"",
                     2}));
  section_.place = "services/cart";
  EXPECT_EQ(refused({"../bin/shop"}).first, "accepted");
  EXPECT_EQ(refused({"../../../bin/shop"}).second, 2);
}

}  // namespace
}  // namespace livefix::cli
