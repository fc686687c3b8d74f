#include "cli/notify_section.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/config_file.h"
#include "cli/temporary_tree.h"

namespace livefix::cli {
namespace {

class NotifySectionTest : public ::testing::Test {
 protected:
  NotifySectionTest() { tree_.file("hook.secret", "hunter2\n"); }

  std::expected<ConfigFile, ConfigErrors> parse(std::string_view lines) const {
    return parse_config(fmt::format("[[notify]]\n{}\n", lines), tree_.path("livefix.toml"),
                        "livefix.toml", CodeSource::commits);
  }
  NotifySpec receiver(std::string_view lines) const {
    const auto config = parse(lines);
    EXPECT_TRUE(config) << fmt::format("{}", fmt::join(config.error(), "\n"));
    return config ? config->receivers.at(0) : NotifySpec{};
  }
  // What is wrong, without the name of the file.
  std::string notify_problem(std::string_view lines) const {
    const auto config = parse(lines);
    if (config) return "accepted";
    return config.error().at(0).substr(std::string_view("livefix.toml:").size());
  }

  TemporaryTree tree_;
};

TEST_F(NotifySectionTest, SaysWhoIsToldOfWhat) {
  const auto spec = receiver(
      "url = \"https://hooks.example.com:8443/a/b?c=d#e\"\nevents = [\"drift\", \"promoted\", "
      "\"drift\"]\nsecret_file = \"hook.secret\"");
  EXPECT_EQ(spec.url.origin(), "https://hooks.example.com:8443");
  EXPECT_EQ(spec.url.target, "/a/b?c=d");
  EXPECT_EQ(spec.events, (std::vector{NotifyEvent::drift, NotifyEvent::promoted}));
  EXPECT_EQ(spec.secret_file, tree_.path("hook.secret"));
  EXPECT_EQ(spec.shown(), "https://hooks.example.com:8443") << "the path may be a secret";
}

TEST_F(NotifySectionTest, HasAllEventsUnlessItSaysWhich) {
  const auto spec = receiver("command = \"./notify.sh --token hunter2\"");
  EXPECT_EQ(spec.events.size(), kNotifyEvents.size());
  EXPECT_EQ(spec.command, "./notify.sh --token hunter2");
  EXPECT_EQ(spec.shown(), "the command ./notify.sh") << "what follows may be a secret";
}

TEST_F(NotifySectionTest, ReadsUrls) {
  const auto origin = [](std::string_view url) {
    const auto address = parse_web_address(url);
    return address ? address->origin() + " " + address->target : "none";
  };
  EXPECT_EQ(origin("http://localhost"), "http://localhost /");
  EXPECT_EQ(origin("http://localhost:80?a=b"), "http://localhost /?a=b");
  EXPECT_EQ(origin("https://[::1]:443/x"), "https://[::1] /x");
  EXPECT_EQ(origin("https://[::1]:4430"), "https://[::1]:4430 /");
  for (const auto* wrong : {"ftp://a", "https://", "https://:80/", "https://a:b/", "https://a:0/",
                            "https://a:70000/", "https://[::1/", "https://[::1]x/", "https://a b/",
                            "https://a/\n", "https://[]/", "https://a:/"}) {
    EXPECT_EQ(origin(wrong), "none") << wrong;
  }
}

TEST_F(NotifySectionTest, AVariableHoldsTheSecret) {
  setenv("LIVEFIX_TEST_HOOK_SECRET", "hunter2", 1);
  EXPECT_EQ(receiver("url = \"http://a/\"\nsecret_env = \"LIVEFIX_TEST_HOOK_SECRET\"").secret_env,
            "LIVEFIX_TEST_HOOK_SECRET");
  unsetenv("LIVEFIX_TEST_HOOK_SECRET");
  EXPECT_EQ(notify_problem("url = \"http://a/\"\nsecret_env = \"LIVEFIX_TEST_HOOK_SECRET\""),
            "3: notify[0].secret_env: the environment of livefix has no LIVEFIX_TEST_HOOK_SECRET, "
            "or it is empty; set it to the secret");
}

TEST_F(NotifySectionTest, RefusesWhatCannotBe) {
  EXPECT_EQ(notify_problem("events = [\"drift\"]"),
            "1: notify[0]: it has neither url nor command; write url = "
            "\"https://hooks.example.com/livefix\"");
  EXPECT_EQ(notify_problem("url = \"http://a/\"\ncommand = \"./notify.sh\""),
            "3: notify[0].command: there is a url as well; write a [[notify]] of its own for it");
  EXPECT_EQ(notify_problem("command = \" \""),
            "2: notify[0].command: it is empty; write \"./notify.sh\", which sh -c runs");
  EXPECT_EQ(notify_problem("url = \"http://a/\"\nevents = [\"promotd\"]"),
            "3: notify[0].events[0]: there is no event \"promotd\"; did you mean \"promoted\"?");
  EXPECT_EQ(notify_problem("url = \"http://a/\"\nevents = []"),
            "3: notify[0].events: it is empty; leave it out for all of them, or the whole "
            "[[notify]]");
  EXPECT_EQ(notify_problem("command = \"./n\"\nsecret_file = \"hook.secret\""),
            "3: notify[0].secret_file: it signs what goes to a url; a command gets no signature");
  EXPECT_EQ(
      notify_problem("url = \"http://a/\"\nsecret_file = \"hook.secret\"\nsecret_env = \"PATH\""),
      "4: notify[0].secret_env: there is a secret_file as well; leave one of them out");
  EXPECT_EQ(notify_problem("url = \"http://a/\"\nheader = \"x\""),
            "3: notify[0].header: there is no such key; known are url, command, events, "
            "secret_file, secret_env");
  EXPECT_EQ(notify_problem("url = \"http://a/\"\n[[notify]]\nurl = \"http://a/\""),
            "3: notify[1]: there is another [[notify]] for the same; write one with all the "
            "events");
}

TEST_F(NotifySectionTest, ShowsNoSecretThatIsInTheWrongPlace) {
  for (const auto* lines :
       {"url = \"https://anna:hunter2@hooks.example.com/\"", "url = \"hooks.example.com/hunter2\"",
        "url = \"https://hooks.example.com:x/hunter2\"",
        "url = \"http://a/\"\nsecret_env = \"hunter2!\""}) {
    const auto problem = notify_problem(lines);
    EXPECT_NE(problem, "accepted");
    EXPECT_EQ(problem.find("hunter2"), std::string::npos) << problem;
  }
}

}  // namespace
}  // namespace livefix::cli
