#include "cli/service_options.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/service_name.h"
#include "cli/temporary_tree.h"

namespace livefix::cli {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

class ServiceOptionsTest : public testing::Test {
 protected:
  ServiceOptionsTest() {
    tree_.directory("My Shop");
    user_.current_directory = tree_.path("My Shop");
    detected_.command = {"node", "server.js", "a b"};
    detected_.runtime = Runtime::node;
    detected_.script = "server.js";
  }

  Result<RunSpec> make_run_of_one() const {
    const auto directory = service_directory(options_, user_);
    if (!directory) return std::unexpected(directory.error());
    auto service = make_service(options_, section_, detected_, *directory);
    if (!service) return std::unexpected(service.error());
    return make_run(options_, section_.file, {std::move(*service)}, user_);
  }
  Result<ServiceSpec> make() const {
    auto run = make_run_of_one();
    if (!run) return std::unexpected(run.error());
    return run->services.at(0);
  }
  std::string refusal() const {
    const auto spec = make();
    return spec ? "accepted" : spec.error().message;
  }
  bool watches(const std::string& extension) const {
    return std::ranges::count(make()->watch.extensions, extension) > 0;
  }

  TemporaryTree tree_;
  ServiceOptions options_;
  ServiceSection section_;
  UserInterface user_;
  DetectedCommand detected_;
};

TEST_F(ServiceOptionsTest, HaveDefaultsForEverything) {
  const auto spec = make();
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->name, "my-shop");
  EXPECT_EQ(spec->directory, user_.current_directory);
  EXPECT_EQ(make_run_of_one()->run_directory, user_.current_directory + "/.livefix/run/my-shop");
  EXPECT_EQ(spec->command, detected_.command);
  EXPECT_EQ(spec->port, 0);
  EXPECT_EQ(make_run_of_one()->workers, 0);
  EXPECT_EQ(spec->timing.drain, 30s);
  EXPECT_TRUE(spec->watch.enabled);
  EXPECT_EQ(make_run_of_one()->output.verbosity, Verbosity::normal);
}

TEST_F(ServiceOptionsTest, AreTakenOver) {
  options_.name = "cart-2";
  options_.port = "8080";
  options_.workers = "4";
  options_.drain = "2m";
  options_.grace = "500ms";
  options_.hold = "0s";
  options_.ready_timeout = "1.5s";
  options_.no_watch = true;
  options_.ignore = {"data/**"};
  options_.verbose = true;
  options_.json = true;
  const auto spec = make();
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->name, "cart-2");
  EXPECT_EQ(spec->port, 8080);
  EXPECT_EQ(make_run_of_one()->workers, 4);
  EXPECT_EQ(spec->timing.drain, 2min);
  EXPECT_EQ(spec->timing.stop_grace, 500ms);
  EXPECT_EQ(spec->timing.hold, 0s);
  EXPECT_EQ(spec->timing.ready, 1500ms);
  EXPECT_FALSE(spec->watch.enabled);
  EXPECT_EQ(spec->watch.ignored_files, Words{"data/**"});
  EXPECT_EQ(make_run_of_one()->output.verbosity, Verbosity::verbose);
  EXPECT_TRUE(make_run_of_one()->output.json);
}

TEST_F(ServiceOptionsTest, AreRefusedWithASentence) {
  const auto refused_with = [&](std::string ServiceOptions::* option, const char* value) {
    const auto before = options_;
    options_.*option = value;
    const auto sentence = refusal();
    options_ = before;
    return sentence;
  };
  EXPECT_EQ(refused_with(&ServiceOptions::drain, "5"),
            "--drain: \"5\" has no unit; write \"5s\" or \"500ms\"");
  EXPECT_EQ(refused_with(&ServiceOptions::port, "70000"),
            "--port: \"70000\" is not a number from 1 to 65535");
  EXPECT_EQ(refused_with(&ServiceOptions::port, "80x"),
            "--port: \"80x\" is not a number from 1 to 65535");
  EXPECT_EQ(refused_with(&ServiceOptions::workers, "0"),
            "--workers: \"0\" is not a number from 1 to 64");
  EXPECT_EQ(refused_with(&ServiceOptions::name, "My Shop"),
            "--name: \"My Shop\" may have a-z, 0-9 and - only; write \"my-shop\"");
  EXPECT_EQ(refused_with(&ServiceOptions::directory, "nowhere"),
            "--dir: nowhere is not a directory");
  options_.quiet = options_.verbose = true;
  EXPECT_EQ(refusal(), "--quiet and --verbose exclude each other");
}

TEST_F(ServiceOptionsTest, PutTheRunDirectoryElsewhere) {
  user_.livefix_directory = "/var/lib/livefix";
  EXPECT_EQ(make_run_of_one()->run_directory, "/var/lib/livefix/run/my-shop");
  tree_.directory("My Shop/sub");
  user_.livefix_directory = "";
  options_.directory = "./sub/";
  EXPECT_EQ(make()->directory, user_.current_directory + "/sub");
  EXPECT_EQ(make_run_of_one()->run_directory, user_.current_directory + "/sub/.livefix/run/sub");
}

TEST_F(ServiceOptionsTest, ColourOnlyTerminalsThatWantIt) {
  const auto coloured = [&](bool terminal, const char* when, bool no_color, bool dumb, bool json) {
    user_.is_terminal = terminal;
    user_.no_color = no_color;
    user_.dumb_terminal = dumb;
    options_.colour = when;
    options_.json = json;
    return make_run_of_one()->output.colour;
  };
  EXPECT_TRUE(coloured(true, "", false, false, false));
  EXPECT_TRUE(coloured(true, "auto", false, false, false));
  EXPECT_FALSE(coloured(false, "auto", false, false, false));
  EXPECT_FALSE(coloured(true, "never", false, false, false));
  EXPECT_FALSE(coloured(true, "auto", true, false, false));
  EXPECT_FALSE(coloured(true, "auto", false, true, false));
  EXPECT_TRUE(coloured(false, "always", true, true, false));
  EXPECT_FALSE(coloured(true, "always", false, false, true));
  EXPECT_FALSE(make_run_of_one()->output.terminal) << "JSON is no terminal output";
}

TEST_F(ServiceOptionsTest, WatchWhatFitsTheProgram) {
  EXPECT_TRUE(watches("ts"));
  EXPECT_FALSE(watches("py"));
  detected_.script = "dist/server.js";
  EXPECT_TRUE(watches("js"));
  EXPECT_FALSE(watches("ts")) << "a build turns these into what is watched";
  detected_.script = "";
  detected_.runtime = Runtime::python;
  EXPECT_TRUE(watches("py"));
  EXPECT_FALSE(watches("json"));
  detected_.runtime = Runtime::go;
  EXPECT_TRUE(watches("mod"));
  detected_.runtime = Runtime::other;
  EXPECT_TRUE(watches("rs"));
  detected_.compiled = true;
  EXPECT_FALSE(watches("rs"));
  EXPECT_TRUE(watches("toml"));
  options_.watch_extensions = {"rs,.html", "*.tera"};
  EXPECT_EQ(make()->watch.extensions, (Words{"rs", "html", "tera"}));
}

TEST_F(ServiceOptionsTest, WinOverTheFile) {
  section_.name = "cart";
  section_.port = 3000;
  section_.timing.drain = 5s;
  section_.timing.ready = 6s;
  section_.held_requests = 7;
  section_.environment = {"A=b"};
  section_.watch.extensions = {"js"};
  section_.watch.ignored_files = {"*.tmp"};
  section_.watch.files = {"/etc/x"};
  section_.traffic.match.hosts = {"shop.example.com"};
  detected_.environment = {"A=a"};
  const auto of_file = make();
  ASSERT_TRUE(of_file);
  EXPECT_EQ(of_file->name, "cart");
  EXPECT_EQ(of_file->port, 3000);
  EXPECT_EQ(of_file->timing.drain, 5s);
  EXPECT_EQ(of_file->held_requests, 7U);
  EXPECT_EQ(of_file->environment, (Words{"A=a", "A=b", "PORT=3000"}));
  EXPECT_EQ(of_file->watch.extensions, Words{"js"});
  EXPECT_EQ(of_file->watch.files, Words{"/etc/x"});
  EXPECT_EQ(of_file->traffic.match.hosts, Words{"shop.example.com"});

  options_.name = "admin";
  options_.port = "4000";
  options_.drain = "1s";
  options_.watch_extensions = {"ts"};
  options_.ignore = {"data"};
  const auto both = make();
  ASSERT_TRUE(both);
  EXPECT_EQ(both->name, "admin");
  EXPECT_EQ(both->port, 4000);
  EXPECT_EQ(both->timing.drain, 1s);
  EXPECT_EQ(both->timing.ready, 6s);
  EXPECT_EQ(both->watch.extensions, Words{"ts"});
  EXPECT_EQ(both->watch.ignored_files, (Words{"*.tmp", "data"}));

  section_.watch.enabled = false;
  EXPECT_TRUE(make()->watch.enabled) << "the option asks for it";
  options_.watch_extensions.clear();
  EXPECT_FALSE(make()->watch.enabled);
}

TEST_F(ServiceOptionsTest, KeepTheFileOutOfTheProgram) {
  section_.file = tree_.path("My Shop/livefix.toml");
  EXPECT_EQ(make()->watch.ignored_files, Words{"livefix.toml"});
  tree_.directory("My Shop/sub");
  options_.directory = "sub";
  EXPECT_TRUE(make()->watch.ignored_files.empty());
  EXPECT_EQ(make_run_of_one()->run_directory, user_.current_directory + "/.livefix/run/sub");
  section_.file = "/etc/livefix.toml";
  EXPECT_EQ(make_run_of_one()->run_directory, user_.current_directory + "/sub/.livefix/run/sub");
}

TEST(ServiceName, ComesFromTheProject) {
  TemporaryTree tree;
  tree.directory("app");
  EXPECT_EQ(service_name(tree.path("app"), Runtime::node), "app");
  tree.file("app/package.json", R"({"name":"@acme/Web_Shop"})");
  EXPECT_EQ(service_name(tree.path("app"), Runtime::node), "web-shop");
  EXPECT_EQ(service_name(tree.path("app"), Runtime::other), "web-shop");
  tree.file("app/go.mod", "// the shop\nmodule example.com/acme/cart/v2\n\ngo 1.19\n");
  EXPECT_EQ(service_name(tree.path("app"), Runtime::go), "cart");
  EXPECT_EQ(service_name(tree.path("app"), Runtime::node), "web-shop");
  tree.file("app/pyproject.toml",
            "[build-system]\nname = \"no\"\n[project]\nnamespace = \"no\"\nname = 'pay'\n");
  EXPECT_EQ(service_name(tree.path("app"), Runtime::python), "pay");
  tree.file("app/package.json", "{}");
  tree.file("app/go.mod", "");
  EXPECT_EQ(service_name(tree.path("app"), Runtime::other), "pay");
}

TEST(ServiceName, IsAlwaysValid) {
  EXPECT_EQ(valid_name("Shop"), "shop");
  EXPECT_EQ(valid_name("--a__b--"), "a-b");
  EXPECT_EQ(valid_name("../../etc"), "etc");
  EXPECT_EQ(valid_name("\xc3\xa4"), "service");
  EXPECT_EQ(valid_name(""), "service");
  EXPECT_EQ(valid_name(std::string(100, 'x')).size(), 40U);
}

}  // namespace
}  // namespace livefix::cli
