#include "model/told_apart.h"

#include <gtest/gtest.h>

namespace livefix {
namespace {

TrafficSpec spec(std::vector<std::string> hosts, std::vector<std::string> paths) {
  TrafficSpec traffic;
  traffic.match = {std::move(hosts), std::move(paths)};
  return traffic;
}

TEST(ToldApart, ByHostOrByPath) {
  EXPECT_TRUE(told_apart(spec({"a.example.com"}, {}), spec({"b.example.com"}, {})));
  EXPECT_TRUE(told_apart(spec({}, {"/api"}), spec({}, {"/shop"})));
  EXPECT_FALSE(told_apart(spec({"a"}, {"/api", "/shop"}), spec({"a", "b"}, {"/x", "/shop"})));
  EXPECT_TRUE(told_apart(spec({"a"}, {"/api"}), spec({"b"}, {"/api"})));
}

TEST(ToldApart, WhatIsMoreSpecialIsNotAnothers) {
  EXPECT_TRUE(told_apart(spec({}, {}), spec({}, {"/api"})));
  EXPECT_TRUE(told_apart(spec({"*.example.com"}, {}), spec({"a.example.com"}, {})));
  EXPECT_TRUE(told_apart(spec({}, {"/api"}), spec({"a"}, {"/api"})));
}

TEST(ToldApart, NotWhereBothAreForEverything) {
  EXPECT_FALSE(told_apart(spec({}, {}), spec({}, {})));
  EXPECT_FALSE(told_apart(spec({}, {}), spec({}, {"/"})));
  EXPECT_FALSE(told_apart(spec({}, {"/api/"}), spec({}, {"/api"})));
}

TEST(ToldApart, BytesHaveNoNames) {
  TrafficSpec bytes;
  bytes.protocol = Protocol::tcp;
  EXPECT_FALSE(told_apart(bytes, spec({"a"}, {"/api"})));
}

}  // namespace
}  // namespace livefix
