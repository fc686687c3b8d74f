#include "model/codec.h"

#include <gtest/gtest.h>

#include "model/link.h"

namespace livefix {
namespace {

link::ToControl sample() {
  link::Welcome welcome;
  welcome.service.name = "shop";
  welcome.service.command = {"node", "server.js"};
  welcome.service.build = BuildStep{{"go", "build"}};
  welcome.units.push_back({UnitId{7},
                           "dev-7",
                           42,
                           0,
                           link::UnitPhase::running,
                           Milliseconds{1500},
                           {{Address::any_ipv6(3000), Address::ipv4(127, 64, 0, 7, 3000)}}});
  welcome.plan.generations.push_back(
      {UnitId{7}, 100, {{3000, Address::ipv4(127, 64, 0, 7, 3000)}}});
  return welcome;
}

TEST(Codec, BringsBackWhatWasSent) {
  const auto back = codec::decode<link::ToControl>(codec::encode(sample()));
  ASSERT_TRUE(back);
  const auto& welcome = std::get<link::Welcome>(*back);
  EXPECT_EQ(welcome.service.name, "shop");
  EXPECT_EQ(welcome.service.command, (std::vector<std::string>{"node", "server.js"}));
  EXPECT_EQ(welcome.service.build->command.at(1), "build");
  EXPECT_EQ(welcome.units.at(0).age, Milliseconds{1500});
  EXPECT_EQ(welcome.units.at(0).listening.at(0).backend.to_string(), "127.64.0.7:3000");
  EXPECT_EQ(welcome.plan.generations.at(0).weight, 100U);
}

TEST(Codec, RefusesEveryTruncation) {
  const auto bytes = codec::encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(codec::decode<link::ToControl>(std::string_view(bytes).substr(0, size))) << size;
  }
}

TEST(Codec, RefusesBytesLeftOver) {
  EXPECT_FALSE(codec::decode<link::ToControl>(codec::encode(sample()) + "x"));
}

TEST(Codec, RefusesAnUnknownAlternative) {
  EXPECT_FALSE(codec::decode<link::FromProxy>("\x7f"));
}

TEST(Codec, RefusesALengthBeyondTheInput) {
  EXPECT_FALSE(
      codec::decode<std::string>(std::string("\xff\xff\xff\xff"
                                             "abc",
                                             7)));
  EXPECT_FALSE(
      codec::decode<std::vector<std::string>>(std::string("\xff\xff\xff\xff"
                                                          "abc",
                                                          7)));
}

}  // namespace
}  // namespace livefix
