#include "cli/rollout_section.h"

#include <gtest/gtest.h>

#include "cli/config_file.h"

namespace livefix::cli {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

std::expected<ConfigFile, ConfigErrors> parse(std::string_view text, CodeSource source) {
  return parse_config(text, "/nowhere/livefix.toml", "livefix.toml", source);
}

// Of [service.shop] with these lines in it, in both kinds of livefix.
ServiceSection section(std::string_view lines) {
  const auto text = fmt::format("[service.shop]\n{}\n", lines);
  const auto of_tree = parse(text, CodeSource::tree);
  const auto of_commits = parse(text, CodeSource::commits);
  EXPECT_TRUE(of_tree);
  EXPECT_TRUE(of_commits) << fmt::format("{}", fmt::join(of_commits.error(), "\n"));
  return of_commits ? of_commits->services.at(0) : ServiceSection{};
}

// What is wrong with these lines, whichever livefix reads them; without file and line.
std::string rollout_problem(std::string_view lines) {
  const auto text = fmt::format("[service.shop]\n{}\n", lines);
  const auto of_commits = parse(text, CodeSource::commits);
  if (of_commits) return "accepted";
  EXPECT_EQ(parse(text, CodeSource::tree).error(), of_commits.error());
  const auto all = fmt::format("{}", fmt::join(of_commits.error(), "\n"));
  return all.substr(all.find(": service.shop.") + 15);
}

TEST(RolloutSection, SaysHowTrafficComes) {
  const auto rollout = section(R"(
    health = { path = "/healthz?full=1", timeout = "3s" }
    [service.shop.rollout]
    steps = ["1%", "+25%", "100%"]
    bake = "20s"
    warm = "0s"
    max_error_rate = "+2%"
    max_p99 = "10%"
    little_traffic = "wait"
    preview = "10m"
    patience = "1h")")
                           .rollout;
  EXPECT_EQ(rollout.steps, (std::vector<std::uint32_t>{1, 25, 100}));
  EXPECT_EQ(rollout.bake, 20s);
  EXPECT_EQ(rollout.warm, 0s);
  EXPECT_DOUBLE_EQ(rollout.max_error_rate, 0.02);
  EXPECT_DOUBLE_EQ(rollout.max_p99, 0.1);
  EXPECT_EQ(rollout.little_traffic, LittleTraffic::wait);
  EXPECT_EQ(rollout.patience, 1h);
  EXPECT_EQ(rollout.preview, 10min);
  EXPECT_NE(
      rollout_problem("[service.shop.rollout]\npreview = \"2h\"").find("write \"1h\" or less"),
      std::string::npos);
  ASSERT_TRUE(rollout.health);
  EXPECT_EQ(rollout.health->path, "/healthz?full=1");
  EXPECT_EQ(rollout.health->timeout, 3s);
}

TEST(RolloutSection, SaysWhetherTwoMayRunAtOnce) {
  EXPECT_EQ(section("").rollout.plan, PlanChoice::automatic);
  EXPECT_EQ(section("plan = \"auto\"").rollout.plan, PlanChoice::automatic);
  EXPECT_EQ(section("plan = \"handover\"").rollout.plan, PlanChoice::handover);
  EXPECT_EQ(section("plan = \"hold\"").rollout.plan, PlanChoice::hold);
  EXPECT_EQ(rollout_problem("plan = \"held\""),
            "plan: \"held\" is not known here; write \"auto\", \"handover\" or \"hold\"");
}

TEST(RolloutSection, HasDefaultsForEverything) {
  const RolloutPolicy usual;
  for (const auto* lines : {"", "rollout = {}", "health = { path = \"/\" }"}) {
    const auto rollout = section(lines).rollout;
    EXPECT_EQ(rollout.steps, usual.steps);
    EXPECT_EQ(rollout.bake, usual.bake);
    EXPECT_EQ(rollout.max_error_rate, usual.max_error_rate);
    EXPECT_EQ(rollout.little_traffic, usual.little_traffic);
  }
  EXPECT_FALSE(section("").rollout.health);
  EXPECT_EQ(section("health = { path = \"/\" }").rollout.health.value().timeout, 10s);
  EXPECT_DOUBLE_EQ(section("rollout = { max_error_rate = \"0.5%\" }").rollout.max_error_rate,
                   usual.max_error_rate);
  EXPECT_DOUBLE_EQ(section("rollout = { max_p99 = \"+50%\" }").rollout.max_p99, usual.max_p99);
}

TEST(RolloutSection, RefusesHealthThatCannotBeAsked) {
  EXPECT_EQ(rollout_problem("health = \"/healthz\""),
            "health: \"/healthz\" is text; write { path = \"/healthz\", timeout = \"10s\" }");
  EXPECT_EQ(rollout_problem("health = { timeout = \"5s\" }"),
            "health: it has no path; write path = \"/healthz\"");
  EXPECT_EQ(rollout_problem("health = { path = \"healthz\" }"),
            "health.path: \"healthz\" does not begin with /; write \"/healthz\"");
  for (const auto* path : {"/a b", "/a\\r\\nX-Y: 1", "/ä", "/a#b"}) {
    EXPECT_TRUE(rollout_problem(fmt::format("health = {{ path = \"{}\" }}", path))
                    .ends_with("has a character that a request cannot name; write \"%20\" and the "
                               "like"))
        << path;
  }
  EXPECT_EQ(rollout_problem("health = { path = \"/\", timeout = \"0s\" }"),
            "health.timeout: \"0s\" is too short; write \"1ms\" or more");
  EXPECT_EQ(rollout_problem("health = { path = \"/\", timeout = 5 }"),
            "health.timeout: 5 has no unit; write \"5s\" or \"500ms\"");
  EXPECT_EQ(rollout_problem("health = { path = \"/\", timeot = \"5s\" }"),
            "health.timeot: there is no such key; did you mean timeout?");
  EXPECT_EQ(rollout_problem("protocol = \"tcp\"\nhealth = { path = \"/\" }"),
            "health: it is about HTTP, and protocol is \"tcp\"; remove one of them");
}

TEST(RolloutSection, RefusesStepsThatDoNotLeadUp) {
  const auto steps = [](std::string_view list) {
    return rollout_problem(fmt::format("rollout = {{ steps = {} }}", list));
  };
  EXPECT_EQ(steps("\"5%\""), "rollout.steps: \"5%\" is text; write [\"5%\", \"50%\", \"100%\"]");
  EXPECT_EQ(steps("[]"), "rollout.steps: it has no steps; write [\"5%\", \"50%\", \"100%\"]");
  EXPECT_EQ(steps("[5, \"100%\"]"), "rollout.steps[0]: 5 has no percent sign; write \"5%\"");
  EXPECT_EQ(steps("[\"5\", \"100%\"]"),
            "rollout.steps[0]: \"5\" has no percent sign; write \"5%\"");
  EXPECT_EQ(steps("[\"2.5%\", \"100%\"]"),
            "rollout.steps[0]: \"2.5%\" is no whole percentage from 1% to 100%; write \"3%\"");
  EXPECT_EQ(steps("[\"0%\", \"100%\"]"),
            "rollout.steps[0]: \"0%\" is no whole percentage from 1% to 100%; write \"1%\"");
  EXPECT_EQ(steps("[\"101%\"]"), "rollout.steps[0]: \"101%\" is too large; write \"100%\" or less");
  EXPECT_EQ(
      steps("[\"50%\", \"5%\", \"100%\"]"),
      "rollout.steps[1]: \"5%\" is no more than the \"50%\" before it; write ascending steps");
  EXPECT_EQ(steps("[\"50%\", \"50%\", \"100%\"]"),
            "rollout.steps[1]: \"50%\" is no more than the \"50%\" before it; write ascending "
            "steps");
  EXPECT_EQ(steps("[\"5%\", \"50%\"]"),
            "rollout.steps: the last step is \"50%\"; write \"100%\" after it");
}

TEST(RolloutSection, RefusesLimitsThatSayNothing) {
  const auto in_rollout = [](std::string_view entry) {
    return rollout_problem(fmt::format("rollout = {{ {} }}", entry));
  };
  EXPECT_EQ(in_rollout("max_error_rate = 0.005"),
            "rollout.max_error_rate: 0.005 has no percent sign; write \"+0.5%\"");
  EXPECT_EQ(in_rollout("max_error_rate = \"0.5\""),
            "rollout.max_error_rate: \"0.5\" has no percent sign; write \"0.5%\"");
  EXPECT_EQ(in_rollout("max_error_rate = \"101%\""),
            "rollout.max_error_rate: \"101%\" is too large; write \"100%\" or less");
  EXPECT_EQ(in_rollout("max_error_rate = \"-1%\""),
            "rollout.max_error_rate: \"-1%\" is no percentage; write \"5%\"");
  EXPECT_EQ(in_rollout("max_p99 = \"50ms\""),
            "rollout.max_p99: \"50ms\" is no percentage; write \"5%\"");
  EXPECT_EQ(in_rollout("max_p99 = true"), "rollout.max_p99: true does not go here; write \"+50%\"");
  EXPECT_EQ(
      in_rollout("max_p99 = \"" + std::string(2000, '9') + "%\""),
      "rollout.max_p99: \"" + std::string(60, '9') + "...\" is no percentage; write \"+50%\"");
  EXPECT_EQ(in_rollout("bake = 10"), "rollout.bake: 10 has no unit; write \"10s\" or \"500ms\"");
  EXPECT_EQ(in_rollout("warm = \"soon\""),
            "rollout.warm: \"soon\" is no duration; write \"5s\" or \"500ms\"");
  EXPECT_EQ(in_rollout("patience = \"25h\""), "rollout.patience: \"25h\" is longer than a day");
  EXPECT_EQ(in_rollout("little_traffic = \"go on\""),
            "rollout.little_traffic: \"go on\" is not known here; write \"go_on\", \"wait\" or "
            "\"refuse\"");
  EXPECT_EQ(in_rollout("max_eror_rate = \"1%\""),
            "rollout.max_eror_rate: there is no such key; did you mean max_error_rate?");
  EXPECT_EQ(rollout_problem("rollout = \"slow\""),
            "rollout: \"slow\" is text; write { steps = [\"5%\", \"50%\", \"100%\"] }");
}

TEST(RolloutSection, NamesWhatReleasesHandOn) {
  EXPECT_EQ(section("").keep, Words{});
  EXPECT_EQ(section("keep = [\"node_modules\", \"./var/cache/\"]").keep,
            (Words{"node_modules", "var/cache"}));
  EXPECT_EQ(rollout_problem("keep = \"node_modules\""),
            "keep: \"node_modules\" is text; write [\"node_modules\"]");
  EXPECT_EQ(rollout_problem("keep = [1]"), "keep[0]: 1 is a number; write [\"node_modules\"]");
  EXPECT_EQ(rollout_problem("keep = [\"/var/cache\"]"),
            "keep[0]: \"/var/cache\" is absolute; write a path inside of the commit, "
            "\"node_modules\"");
  EXPECT_EQ(rollout_problem("keep = [\"../node_modules\"]"),
            "keep[0]: \"../node_modules\" has \"..\"; write a path inside of the commit, "
            "\"node_modules\"");
  for (const auto* all : {".", "", "./"}) {
    EXPECT_EQ(rollout_problem(fmt::format("keep = [\"{}\"]", all)),
              fmt::format("keep[0]: \"{}\" is the whole release; write a directory in it, "
                          "\"node_modules\"",
                          all));
  }
  EXPECT_EQ(rollout_problem("keep = [\"a\", \"a/\"]"),
            "keep[1]: \"a/\" is there twice; remove one of them");
  EXPECT_EQ(rollout_problem("keep = [\"a/b\", \"a\"]"),
            "keep[1]: \"a\" overlaps with \"a/b\"; remove one of them");
  EXPECT_EQ(section("keep = [\"a\", \"ab\"]").keep, (Words{"a", "ab"}));
}

TEST(RolloutSection, LooksForDirectoriesInsideOfCommits) {
  const auto place = [](std::string_view directory) {
    const auto text = fmt::format("[service.shop]\ndirectory = \"{}\"\n", directory);
    const auto config = parse(text, CodeSource::commits);
    if (!config) return config.error().at(0);
    EXPECT_EQ(config->services.at(0).directory, "");
    return config->services.at(0).place;
  };
  EXPECT_EQ(place("services/cart/"), "services/cart");
  EXPECT_EQ(place("."), "");
  EXPECT_EQ(section("").place, "");
  EXPECT_EQ(place("/srv/shop"),
            "livefix.toml:2: service.shop.directory: \"/srv/shop\" is absolute; write a path "
            "inside of the commit, \"services/cart\"");
  EXPECT_EQ(place("../shop"),
            "livefix.toml:2: service.shop.directory: \"../shop\" has \"..\"; write a path inside "
            "of the commit, \"services/cart\"");
  EXPECT_FALSE(parse("[service.shop]\ndirectory = \"services/cart\"", CodeSource::tree))
      << "there it has to be in the tree";
}

}  // namespace
}  // namespace livefix::cli
