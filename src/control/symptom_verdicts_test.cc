#include "control/symptom_verdicts.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using observe::WallTime;

const WallTime kThen{Milliseconds(1'790'000'000'000)};

class SymptomVerdictsTest : public ::testing::Test {
 protected:
  void requests(std::string_view release, std::uint64_t count,
                std::string_view route = "/checkout") {
    book_.count_requests({"shop", "POST", route, release, kThen, count});
  }
  void failures(std::string_view release, std::uint64_t count, std::string_view error = "Error: x",
                std::string_view route = "/checkout") {
    book_.add({.service = "shop",
               .method = "POST",
               .route = route,
               .status = 500,
               .cause = {},
               .error = error,
               .release = release,
               .time = kThen,
               .sample = 0,
               .count = count});
  }
  std::vector<std::string> lines() {
    return verdict_lines(
        judge_changes(book_, std::vector{ReleaseChange{"shop", "one", "two"}}, kThen));
  }
  using Lines = std::vector<std::string>;

  observe::SymptomBook book_;
};

TEST_F(SymptomVerdictsTest, AFixSaysGone) {
  requests("one", 6'645);
  failures("one", 412);
  requests("two", 1'208);
  EXPECT_EQ(lines(), Lines{"POST /checkout 500: 6.2 % → 0 % of 1,208 requests: gone"});
}

TEST_F(SymptomVerdictsTest, WhatIsWorseComesFirst) {
  for (const std::string_view route : {"/a", "/b"}) {
    requests("one", 1'000, route);
    requests("two", 1'000, route);
  }
  failures("one", 100, "Error: x", "/a");
  failures("two", 50, "Error: x", "/b");
  const auto told = lines();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0], "POST /b 500: 50 of 1,000 requests, none of 1,000 before: new");
}

TEST_F(SymptomVerdictsTest, ThoseThatHaveOneNameAreToldApartByTheirLines) {
  requests("one", 1'000);
  requests("two", 1'000);
  failures("one", 100, "Error: x");
  failures("two", 100, "Error: y");
  const auto told = lines();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told[0].starts_with("POST /checkout 500 · Error: y: ")) << told[0];
  EXPECT_TRUE(told[1].starts_with("POST /checkout 500 · Error: x: ")) << told[1];
}

TEST_F(SymptomVerdictsTest, TooFewAreOneLine) {
  requests("one", 10);
  failures("one", 1, "Error: x");
  failures("one", 1, "Error: y");
  EXPECT_EQ(lines(), Lines{"2 symptoms: too few requests to say"});
}

TEST_F(SymptomVerdictsTest, OtherReleasesAndServicesDoNotCount) {
  requests("zero", 1'000);
  failures("zero", 500);
  EXPECT_EQ(lines(), Lines{});
  failures("one", 1);
  EXPECT_EQ(
      verdict_lines(judge_changes(book_, std::vector{ReleaseChange{"cart", "one", "two"}}, kThen)),
      Lines{});
}

TEST(SymptomVerdicts, ManyAreShortened) {
  const std::vector<std::string> seven(7, "x");
  EXPECT_EQ(shortened(seven, 7, 3).size(), 7U);
  const auto told = shortened(seven, 5, 3);
  ASSERT_EQ(told.size(), 6U);
  EXPECT_EQ(told.back(), "and 2 more; livefix show 3");
}

}  // namespace
}  // namespace livefix::control
