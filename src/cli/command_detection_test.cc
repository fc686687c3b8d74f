#include "cli/command_detection.h"

#include <gtest/gtest.h>

#include "cli/runtime_detection.h"
#include "cli/shell_words.h"
#include "cli/temporary_tree.h"

namespace livefix::cli {
namespace {

using Words = std::vector<std::string>;

// A service's directory, and a PATH with a few programs that are only there to be found.
class CommandDetectionTest : public testing::Test {
 protected:
  CommandDetectionTest() {
    tree_.directory("app");
    for (const auto* name : {"node", "nodes", "python3", "go", "npm", "java", "nginx"}) {
      tree_.program(std::string("bin/") + name, "\177ELF");
    }
    tree_.program("bin/gunicorn", "#!/usr/bin/python3\n");
    tree_.program("bin/shopctl", "#!/usr/bin/env -S python3.11 -u\n");
    tree_.file("app/server.js");
    tree_.file("app/app.py");
    tree_.file("app/main.ts");
    tree_.file("app/main.go");
    surroundings_.directory = tree_.path("app");
    surroundings_.search_path = tree_.path("bin");
    surroundings_.node_version = [this] { return node_; };
  }

  DetectedCommand detect(const Words& words) const {
    auto detected = detect_command(words, surroundings_);
    if (detected) return *detected;
    ADD_FAILURE() << detected.error().sentence;
    return {};
  }
  std::string command(const Words& words) const { return shell_quoted(detect(words).command); }
  NotRunnable refusal(const Words& words) const {
    auto detected = detect_command(words, surroundings_);
    if (!detected) return detected.error();
    ADD_FAILURE() << "runs " << shell_quoted(detected->command);
    return {};
  }

  TemporaryTree tree_;
  Surroundings surroundings_;
  std::optional<NodeVersion> node_ = NodeVersion{22, 18};
};

TEST_F(CommandDetectionTest, RunsScriptsWithTheirRuntime) {
  EXPECT_EQ(command({"server.js", "--port", "1"}), "node server.js --port 1");
  EXPECT_EQ(detect({"server.js"}).runtime, Runtime::node);
  EXPECT_EQ(command({"app.py"}), "python3 app.py");
  EXPECT_EQ(detect({"app.py"}).runtime, Runtime::python);
  tree_.file("app/sub/a.mjs");
  EXPECT_EQ(command({"sub/a.mjs"}), "node sub/a.mjs");
}

TEST_F(CommandDetectionTest, LetsPythonPrintAtOnce) {
  EXPECT_EQ(detect({"app.py"}).environment, Words{"PYTHONUNBUFFERED=1"});
  EXPECT_EQ(detect({"gunicorn", "app"}).environment, Words{"PYTHONUNBUFFERED=1"});
  EXPECT_EQ(detect({"server.js"}).environment, Words{});
}

TEST_F(CommandDetectionTest, RunsTypeScriptWithANodeThatCan) {
  for (const auto version : {NodeVersion{22, 18}, NodeVersion{23, 6}, NodeVersion{24, 0}}) {
    node_ = version;
    EXPECT_EQ(command({"main.ts"}), "node main.ts") << version.major;
  }
  for (const auto version : {NodeVersion{22, 6}, NodeVersion{22, 17}, NodeVersion{23, 5}}) {
    node_ = version;
    EXPECT_EQ(command({"main.ts", "x"}), "node --experimental-strip-types main.ts x");
  }
}

TEST_F(CommandDetectionTest, RunsTypeScriptWithTsxElse) {
  node_ = NodeVersion{20, 11};
  const auto refused = refusal({"main.ts"});
  EXPECT_EQ(refused.sentence,
            "main.ts needs node 22.18 or newer (this is 20.11), or tsx; install that with: npm "
            "install --save-dev tsx");
  EXPECT_EQ(refused.exit_status, 127);
  tree_.program("bin/tsx");
  EXPECT_EQ(command({"main.ts"}), tree_.path("bin/tsx") + " main.ts");
  tree_.program("node_modules/.bin/tsx");  // above the service's directory
  EXPECT_EQ(command({"main.ts"}), tree_.path("node_modules/.bin/tsx") + " main.ts");
}

TEST_F(CommandDetectionTest, BuildsGoFiles) {
  const auto alone = detect({"main.go", "-v"});
  EXPECT_EQ(shell_quoted(alone.build->command), "go build -o '{output}' main.go");
  EXPECT_EQ(alone.command, (Words{"{output}", "-v"}));
  EXPECT_EQ(alone.runtime, Runtime::go);
  tree_.file("app/go.mod", "module example.com/shop\n");
  EXPECT_EQ(detect({"main.go"}).build->command.back(), ".") << "with its package";
  tree_.file("app/cmd/api/main.go");
  EXPECT_EQ(detect({"cmd/api/main.go"}).build->command.back(), "./cmd/api");
}

TEST_F(CommandDetectionTest, BuildsGoDirectories) {
  tree_.file("app/go.mod", "module example.com/shop\n");
  tree_.file("app/cmd/api/main.go");
  EXPECT_EQ(detect({"."}).build->command.back(), ".");
  EXPECT_EQ(detect({"./cmd/api/"}).build->command.back(), "./cmd/api");
  EXPECT_EQ(detect({"cmd/api"}).build->directory, "");
  tree_.file("app/other/go.mod", "module example.com/other\n");
  const auto other = detect({"other", "x"});
  EXPECT_EQ(other.build->command.back(), ".");
  EXPECT_EQ(other.build->directory, tree_.path("app/other"));
  EXPECT_EQ(other.command, (Words{"{output}", "x"}));
}

TEST_F(CommandDetectionTest, TakesGoRunApart) {
  const auto plain = detect({"go", "run", "-race", "-tags", "a b", "./cmd/api", "-v", "x.go"});
  EXPECT_EQ(plain.build->command,
            (Words{"go", "build", "-o", "{output}", "-race", "-tags", "a b", "./cmd/api"}));
  EXPECT_EQ(plain.command, (Words{"{output}", "-v", "x.go"}));
  EXPECT_NE(plain.note, "");
  EXPECT_EQ(detect({"go", "run", "a.go", "b.go", "x"}).build->command,
            (Words{"go", "build", "-o", "{output}", "a.go", "b.go"}));
  for (const auto& words : {Words{"go", "run", "example.com/x@latest"}, Words{"go", "run"},
                            Words{"go", "run", "-exec", "y", "."}, Words{"go", "version"}}) {
    EXPECT_FALSE(detect(words).build);
    EXPECT_EQ(detect(words).command, words);
  }
}

TEST_F(CommandDetectionTest, RunsProgramsAsTheyAre) {
  tree_.program("app/server", "\177ELF");
  EXPECT_EQ(command({"./server", "-x"}), "./server -x");
  EXPECT_EQ(command({"server"}), "./server");
  EXPECT_EQ(detect({"server"}).named_files, Words{"./server"});
  EXPECT_TRUE(detect({"server"}).compiled);
  EXPECT_EQ(command({"nginx", "-c", "x"}), "nginx -c x");
  EXPECT_FALSE(detect({"nginx"}).compiled);
  EXPECT_EQ(detect({"nginx"}).named_files, Words{});
}

TEST_F(CommandDetectionTest, KnowsTheRuntimeOfCommands) {
  const struct {
    const char* line;
    Runtime runtime;
    const char* script;
  } cases[] = {
      {"node --inspect server.js x", Runtime::node, "server.js"},
      {"node -r ./setup.js server.js", Runtime::node, "server.js"},
      {"node -e 1", Runtime::node, ""},
      {"python3.12 -u app.py", Runtime::python, "app.py"},
      {"python -m http.server", Runtime::python, ""},
      {"/usr/bin/python3 -X dev app.py", Runtime::python, "app.py"},
      {"gunicorn -w 2 app:app", Runtime::python, ""},
      {"uvicorn app:app", Runtime::python, ""},
      {"poetry run flask run", Runtime::python, ""},
      {"env A=b node server.js", Runtime::node, "server.js"},
      {"npx tsx main.ts", Runtime::node, "main.ts"},
      {"npm start", Runtime::node, ""},
      {"shopctl serve", Runtime::python, ""},
      {"go version", Runtime::go, ""},
      {"nginx -c nginx.conf", Runtime::other, ""},
      {"java -jar shop.jar", Runtime::other, "shop.jar"},
      {"pythonic", Runtime::other, ""},
  };
  for (const auto& expected : cases) {
    const auto recognized = recognize_command(shell_split(expected.line), surroundings_);
    EXPECT_EQ(recognized.runtime, expected.runtime) << expected.line;
    EXPECT_EQ(recognized.script, expected.script) << expected.line;
  }
}

TEST_F(CommandDetectionTest, LooksIntoPackageScripts) {
  tree_.file("app/package.json",
             R"({"scripts":{"start":"NODE_ENV=dev npm run serve","serve":"node server.js"}})");
  const auto recognized = recognize_command(Words{"npm", "start"}, surroundings_);
  EXPECT_EQ(recognized.script, "server.js") << "through the assignment and the other script";
  tree_.file("app/package.json", R"({"scripts":{"start":"npm start"}})");
  EXPECT_EQ(recognize_command(Words{"npm", "start"}, surroundings_).script, "") << "for ever";
  tree_.file("app/package.json", "{");
  EXPECT_EQ(detect({"npm", "start"}).runtime, Runtime::node);
}

TEST_F(CommandDetectionTest, NamesFilesThatAreReadAndNotThoseThatAreWritten) {
  tree_.file("app/nginx.conf");
  tree_.file("app/access.log");
  EXPECT_EQ(detect({"nginx", "-c", "nginx.conf", "-l", "access.log"}).named_files,
            Words{"nginx.conf"});
  EXPECT_EQ(detect({"node", "server.js", "nginx.conf"}).named_files, Words{"server.js"});
  tree_.file("app/shop.jar");
  EXPECT_EQ(detect({"java", "-jar", "shop.jar"}).named_files, Words{"shop.jar"});
}

TEST_F(CommandDetectionTest, SaysWhichCommandWasMeant) {
  auto refused = refusal({"nodee", "server.js"});
  EXPECT_EQ(refused.sentence, "nodee: command not found; did you mean node?");
  EXPECT_EQ(refused.exit_status, 127);
  EXPECT_EQ(refusal({"statsu"}).sentence,
            "statsu: command not found; did you mean livefix status?");
  EXPECT_EQ(refusal({"zzzzzz"}).sentence, "zzzzzz: command not found");
}

TEST_F(CommandDetectionTest, SaysWhichFileWasMeant) {
  auto refused = refusal({"sevrer.js"});
  EXPECT_EQ(refused.sentence, "sevrer.js: no such file; did you mean server.js?");
  EXPECT_EQ(refused.exit_status, 127);
  EXPECT_EQ(refusal({"./ap.py"}).sentence, "./ap.py: no such file; did you mean ./app.py?");
  EXPECT_EQ(refusal({"node", "sever.js"}).sentence,
            "sever.js: no such file; did you mean server.js?");
  EXPECT_EQ(refusal({"other/x.js"}).sentence,
            "other/x.js: no such file in " + surroundings_.directory);
  EXPECT_EQ(refusal({"./zzz"}).exit_status, 127);
}

TEST_F(CommandDetectionTest, SaysWhatCannotBeExecuted) {
  tree_.file("app/run.sh");
  const auto refused = refusal({"./run.sh"});
  EXPECT_EQ(refused.sentence, "./run.sh: not executable; if it is a program: chmod +x ./run.sh");
  EXPECT_EQ(refused.exit_status, 126);
  tree_.directory("app/public");
  EXPECT_EQ(refusal({"public"}).exit_status, 126);
  EXPECT_EQ(refusal({""}).exit_status, 127);
}

TEST_F(CommandDetectionTest, SaysWhichRuntimeIsNotInstalled) {
  surroundings_.search_path = tree_.path("empty");
  EXPECT_EQ(refusal({"server.js"}).sentence, "server.js needs node, which is not installed");
  EXPECT_EQ(refusal({"main.go"}).sentence, "main.go needs go, which is not installed");
}

}  // namespace
}  // namespace livefix::cli
