#include "cli/replay_section.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "cli/config_file.h"

namespace livefix::cli {
namespace {

using namespace std::chrono_literals;

std::expected<ConfigFile, ConfigErrors> parse_with_replay(std::string_view lines) {
  return parse_config(fmt::format("[service.shop]\ncommand = \"node server.js\"\n{}\n", lines),
                      "/nowhere/livefix.toml", "livefix.toml", CodeSource::tree);
}

std::string replay_problem(std::string_view lines) {
  const auto parsed = parse_with_replay(lines);
  return parsed ? "accepted" : fmt::format("{}", fmt::join(parsed.error(), "\n"));
}

TEST(ReplaySection, SaysWhatMayBeSentAgain) {
  const auto parsed = parse_with_replay(R"(
    [service.shop.replay]
    methods = ["POST", "PUT"]
    failures = "must_pass"
    healthy = "must_be_alike"
    time = "30s"
    [service.shop.rollout]
    replay = "off")");
  ASSERT_TRUE(parsed) << fmt::format("{}", fmt::join(parsed.error(), "\n"));
  const auto& service = parsed->services.at(0);
  EXPECT_EQ(service.traffic.replay.methods, (std::vector<std::string>{"POST", "PUT"}));
  EXPECT_TRUE(service.traffic.replay.failures_must_pass);
  EXPECT_TRUE(service.traffic.replay.healthy_must_be_alike);
  EXPECT_EQ(service.traffic.replay.time, 30s);
  EXPECT_FALSE(service.rollout.replay);
}

TEST(ReplaySection, SafeMethodsOnlyAndNothingIsAMustUnlessSaid) {
  const auto parsed = parse_with_replay("");
  ASSERT_TRUE(parsed);
  const auto& service = parsed->services.at(0);
  EXPECT_TRUE(service.traffic.replay.methods.empty());
  EXPECT_FALSE(service.traffic.replay.failures_must_pass);
  EXPECT_FALSE(service.traffic.replay.healthy_must_be_alike);
  EXPECT_TRUE(service.rollout.replay);
}

TEST(ReplaySection, NamesWhatIsWrong) {
  const auto with = [](std::string_view lines) {
    return replay_problem(fmt::format("[service.shop.replay]\n{}", lines));
  };
  EXPECT_NE(with(R"(methods = ["post"])").find(R"("post" is no method; write "POST")"),
            std::string::npos);
  EXPECT_NE(with(R"(methods = ["CONNECT"])").find("cannot be sent again"), std::string::npos);
  EXPECT_NE(with(R"(failures = "maybe")").find("must_pass"), std::string::npos);
  EXPECT_NE(with(R"(time = "0s")").find("service.shop.replay.time"), std::string::npos);
  EXPECT_NE(with("at = 1").find("there is no such key"), std::string::npos);
  EXPECT_NE(replay_problem("protocol = \"tcp\"\n[service.shop.replay]").find("it is about HTTP"),
            std::string::npos);
}

}  // namespace
}  // namespace livefix::cli
