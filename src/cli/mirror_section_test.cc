#include "cli/mirror_section.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "cli/config_file.h"

namespace livefix::cli {
namespace {

using namespace std::chrono_literals;

std::expected<ConfigFile, ConfigErrors> parse_with_mirror(std::string_view lines) {
  return parse_config(fmt::format("[service.shop]\ncommand = \"node server.js\"\n{}\n", lines),
                      "/nowhere/livefix.toml", "livefix.toml", CodeSource::tree);
}

std::string mirror_problem(std::string_view lines) {
  const auto parsed = parse_with_mirror(lines);
  return parsed ? "accepted" : fmt::format("{}", fmt::join(parsed.error(), "\n"));
}

TEST(MirrorSection, SaysHowMuchIsMirrored) {
  const auto parsed = parse_with_mirror(R"(
    [service.shop.mirror]
    share = "5%"
    time = "1m"
    requests = 50
    answers = "must_be_alike")");
  ASSERT_TRUE(parsed) << fmt::format("{}", fmt::join(parsed.error(), "\n"));
  const MirrorSpec& mirror = parsed->services.at(0).traffic.mirror;
  EXPECT_DOUBLE_EQ(mirror.share, 0.05);
  EXPECT_EQ(mirror.time, 1min);
  EXPECT_EQ(mirror.requests, 50U);
  EXPECT_TRUE(mirror.must_be_alike);
}

TEST(MirrorSection, NothingIsMirroredUnlessSaid) {
  const auto parsed = parse_with_mirror("");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->services.at(0).traffic.mirror.share, 0);
}

TEST(MirrorSection, NamesWhatIsWrong) {
  const auto with = [](std::string_view lines) {
    return mirror_problem(fmt::format("[service.shop.mirror]\n{}", lines));
  };
  EXPECT_NE(with(R"(share = "101%")").find("service.shop.mirror.share"), std::string::npos);
  EXPECT_NE(with(R"(share = 5)").find("service.shop.mirror.share"), std::string::npos);
  EXPECT_NE(with(R"(time = "10ms")").find("service.shop.mirror.time"), std::string::npos);
  EXPECT_NE(with("requests = 0").find("service.shop.mirror.requests"), std::string::npos);
  EXPECT_NE(with(R"(answers = "maybe")").find("must_be_alike"), std::string::npos);
  EXPECT_NE(with("at = 1").find("there is no such key"), std::string::npos);
  EXPECT_NE(with("share = \"5%\"\n[service.shop.record]\nmemory = \"0\"").find("record.memory is"),
            std::string::npos);
}

}  // namespace
}  // namespace livefix::cli
