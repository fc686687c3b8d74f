#include "cli/nearest_name.h"

#include <gtest/gtest.h>

#include <vector>

namespace livefix::cli {
namespace {

TEST(EditDistance, CountsSlips) {
  EXPECT_EQ(edit_distance("node", "node"), 0U);
  EXPECT_EQ(edit_distance("nodee", "node"), 1U);
  EXPECT_EQ(edit_distance("ndoe", "node"), 1U) << "a swap is one slip";
  EXPECT_EQ(edit_distance("", "node"), 4U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(NearestName, IsOneThatCanBeMeant) {
  const std::vector<std::string> names = {"mode", "node", "nodes", "python3", "gunicorn"};
  EXPECT_EQ(nearest_name("nodee", names), "node");
  EXPECT_EQ(nearest_name("noed", names), "node");
  EXPECT_EQ(nearest_name("pyhton3", names), "python3");
  EXPECT_EQ(nearest_name("guincorn", names), "gunicorn");
  EXPECT_EQ(nearest_name("ruby", names), std::nullopt);
  EXPECT_EQ(nearest_name("x", names), std::nullopt);
  EXPECT_EQ(nearest_name("ls", std::vector<std::string>{"w", "ln"}), "ln");
}

}  // namespace
}  // namespace livefix::cli
