#include "control/replay_place.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

TEST(ReplayPlace, IsAGenerationOrAProgram) {
  EXPECT_EQ(std::get<ReplayGeneration>(*parse_replay_place("")), ReplayGeneration::live);
  EXPECT_EQ(std::get<ReplayGeneration>(*parse_replay_place("live")), ReplayGeneration::live);
  EXPECT_EQ(std::get<ReplayGeneration>(*parse_replay_place("candidate")),
            ReplayGeneration::candidate);
  const auto url = [](std::string_view text) {
    const auto place = parse_replay_place(text);
    if (!place) return place.error().message;
    const auto& found = std::get<ReplayUrl>(*place);
    return found.host + " " + std::to_string(found.port);
  };
  EXPECT_EQ(url("http://127.0.0.1:3000"), "127.0.0.1 3000");
  EXPECT_EQ(url("http://localhost:3000/"), "localhost 3000");
  EXPECT_EQ(url("http://shop"), "shop 80");
  EXPECT_EQ(url("http://[::1]:3000"), "::1 3000");
  EXPECT_EQ(url("http://[::1]"), "::1 80");
}

TEST(ReplayPlace, SaysWhatToWrite) {
  for (const char* wrong :
       {"there", "https://shop", "http://", "http://:80", "http://a/b", "http://a:0",
        "http://a:99999", "http://a b", "http://[::1", "http://u@h"}) {
    const auto place = parse_replay_place(wrong);
    ASSERT_FALSE(place) << wrong;
    EXPECT_NE(place.error().message.find("write live, candidate or"), std::string::npos) << wrong;
  }
}

}  // namespace
}  // namespace livefix::control
