#include "cli/top_view.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/screen_text.h"

namespace livefix::cli {
namespace {

using namespace std::chrono_literals;

class TopViewTest : public ::testing::Test {
 protected:
  static TopReading reading_at(int second) {
    TopReading reading;
    reading.at = TimePoint{} + 1h + std::chrono::seconds(second);
    reading.run = "shop";
    reading.uptime = 61s;
    reading.connections = 3;
    reading.services = 1;
    reading.has_rollouts = true;
    TopGeneration one;
    one.id = 3;
    one.service = "shop";
    one.release = "7f3c2d1";
    one.state = "serving";
    one.requests = static_cast<std::uint64_t>(120 * second);
    one.errors = static_cast<std::uint64_t>(2 * second);
    one.in_flight = 5;
    one.p50 = 1280us;
    one.p99 = 250ms;
    reading.generations.push_back(one);
    reading.symptoms.push_back({.id = "29ab674d34",
                                .service = "shop",
                                .name = "GET /pay 500",
                                .why = "TypeError: no rate",
                                .recent = 1412,
                                .share = 0.062,
                                .since_release = "a1b2c3d"});
    RolloutSummary rollout;
    rollout.id = 12;
    rollout.commit = "7f3c2d1e7f3c2d1e";
    rollout.subject = "add a cart";
    rollout.who = "anna";
    rollout.began = "2026-11-26T10:00:05Z";
    rollout.phase = "shifting";
    reading.history.push_back(rollout);
    for (int i = 1; i <= 12; ++i) rollout.lines.push_back(fmt::format("line {}", i));
    reading.rollout = rollout;
    reading.now = "7f3c2d1 by anna is being rolled out (shifting)";
    return reading;
  }
  std::vector<std::string> texts(TopSize size = {}, bool utf8 = true) const {
    std::vector<std::string> all;
    for (const TopLine& line : top_lines(model_, size, utf8)) {
      std::string& text = all.emplace_back();
      for (const TopSpan& span : line) text += span.text;
    }
    return all;
  }
  static bool has_line(const std::vector<std::string>& lines, std::string_view part) {
    return std::ranges::any_of(
        lines, [part](const std::string& line) { return line.find(part) != std::string::npos; });
  }
  std::string screen(TopSize size = {}) const {
    std::string all;
    for (const auto& line : texts(size)) all += line + "\n";
    return all;
  }

  TopModel model_;
};

TEST_F(TopViewTest, ShowsWhatRuns) {
  model_.take(reading_at(0));
  model_.take(reading_at(1));
  const auto lines = texts();
  EXPECT_EQ(lines.size(), 24U);
  EXPECT_TRUE(has_line(lines, "shop · up 1m 01s · 3 connections")) << screen();
  EXPECT_TRUE(has_line(lines, "> 7f3c2d1   serving     120    2.0     5  1.3ms  250ms"))
      << screen();
  EXPECT_TRUE(has_line(lines, "1,412 in 5 m  6.2 % GET /pay 500 · since a1b2c3d · TypeE"))
      << screen();
  EXPECT_TRUE(has_line(lines, "ROLLOUT 12 add a cart · 7f3c2d1 by anna is being rolled out (shi"))
      << screen();
  EXPECT_TRUE(has_line(lines, "    line 12")) << "its last lines" << screen();
  EXPECT_FALSE(has_line(lines, "    line 1 ")) << screen();
  EXPECT_TRUE(has_line(lines, "  12 10:00:05 7f3c2d1 shifting")) << screen();
  EXPECT_TRUE(lines.back().starts_with("q quit")) << screen();
}

TEST_F(TopViewTest, WhatIsGoneIsNotRed) {
  TopReading reading = reading_at(0);
  reading.symptoms.front().gone = true;
  model_.take(reading);
  bool is_there = false;
  for (const TopLine& line : top_lines(model_, {}, true)) {
    for (const TopSpan& span : line) {
      if (span.text.find("GET /pay 500") == std::string::npos) continue;
      is_there = true;
      EXPECT_NE(span.text.find(" · gone"), std::string::npos) << span.text;
      EXPECT_NE(span.style, TopStyle::bad);
    }
  }
  EXPECT_TRUE(is_there) << screen();
}

TEST_F(TopViewTest, FitsScreensOfAnySize) {
  TopReading reading = reading_at(0);
  for (int i = 0; i < 40; ++i) {
    reading.generations.push_back(reading.generations[0]);
    reading.generations.back().id = 100 + i;
    reading.symptoms.push_back(reading.symptoms[0]);
    reading.symptoms.back().id = std::to_string(i);
  }
  reading.rollout->lines.assign(3, std::string(500, 'x') + "漢");
  model_.take(reading);
  model_.told(false, std::string(300, 'm'));
  for (const TopKey key : {TopKey::other, TopKey::enter, TopKey::help}) {
    model_.press(key);
    for (const std::size_t rows : {0, 1, 2, 3, 4, 5, 6, 10, 24, 25, 60, 200}) {
      for (const std::size_t columns : {0, 1, 2, 10, 40, 79, 80, 81, 132, 400}) {
        for (const bool utf8 : {true, false}) {
          const auto lines = texts({rows, columns}, utf8);
          ASSERT_EQ(lines.size(), rows);
          for (const auto& line : lines) ASSERT_LE(screen_width(line), columns) << line;
        }
      }
    }
  }
}

TEST_F(TopViewTest, KeepsTheChosenOneInSight) {
  TopReading reading = reading_at(0);
  for (int i = 0; i < 40; ++i) {
    reading.generations.push_back(reading.generations[0]);
    reading.generations.back().id = 100 + i;
    reading.generations.back().release = fmt::format("dev-{}", i);
  }
  model_.take(reading);
  for (int i = 0; i < 41; ++i) {
    EXPECT_TRUE(has_line(texts(), "> ")) << screen();
    model_.press(TopKey::down);
  }
  EXPECT_TRUE(has_line(texts(), "more")) << screen();
}

TEST_F(TopViewTest, HasOtherSignsWithoutUtf8) {
  model_.take(reading_at(0));
  model_.take(reading_at(1));
  for (const auto& line : texts({}, false)) {
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c < 0x7f; })) << line;
  }
}

TEST_F(TopViewTest, ShowsTheLastRolloutWithItsVerdicts) {
  TopReading reading = reading_at(0);
  reading.rollout->outcome = "taken_back";
  reading.rollout->gate = "errors";
  reading.rollout->symptoms = {"TypeError new"};
  reading.rollout->message = "16 of 407 requests failed";
  model_.take(reading);
  EXPECT_TRUE(has_line(texts(), "LAST ROLLOUT 12 7f3c2d1 add a cart · anna · taken back (errors)"))
      << screen();
  EXPECT_TRUE(has_line(texts(), "    TypeError new")) << screen();
  EXPECT_TRUE(has_line(texts(), "    16 of 407 requests failed")) << screen();
}

TEST_F(TopViewTest, ShowsChangesOfADirectory) {
  TopReading reading = reading_at(0);
  reading.has_rollouts = false;
  reading.history.clear();
  reading.rollout.reset();
  reading.last_changes = {"shop: dev-3 serves"};
  model_.take(reading);
  EXPECT_TRUE(has_line(texts(), "  shop: dev-3 serves")) << screen();
  EXPECT_FALSE(has_line(texts(), "ROLLOUT")) << screen();
}

TEST_F(TopViewTest, ShowsRoutesOfAGeneration) {
  for (const int second : {0, 2}) {
    TopReading reading = reading_at(second);
    reading.routes.push_back({.generation = 3,
                              .method = "GET",
                              .route = "/cart/:id",
                              .requests = static_cast<std::uint64_t>(100 * second)});
    reading.routes.push_back({.generation = 9, .method = "GET", .route = "/other"});
    model_.take(reading);
    if (second == 0) model_.press(TopKey::enter);
  }
  EXPECT_TRUE(has_line(texts(), "   100      0      -      -  GET /cart/:id")) << screen();
  EXPECT_FALSE(has_line(texts(), "/other")) << screen();
}

TEST_F(TopViewTest, SaysWhatItWaitsFor) {
  EXPECT_TRUE(has_line(texts(), "waiting for the first answer"));
  model_.lost("nobody listens");
  EXPECT_TRUE(has_line(texts(), "control is gone, waiting (nobody listens)"));
}

TEST(Sparkline, IsHighestAtTheLargest) {
  const std::vector<double> values{0, 1, 4, 8};
  EXPECT_EQ(sparkline(values, true), " ▁▄█");
  EXPECT_EQ(sparkline(values, false), " _-#");
  EXPECT_EQ(sparkline(std::vector<double>{0, 0}, true), "  ");
  EXPECT_EQ(sparkline({}, true), "");
}

TEST(RateFigure, HasAtMostSixCharacters) {
  EXPECT_EQ(rate_figure(0), "0");
  EXPECT_EQ(rate_figure(0.33), "0.3");
  EXPECT_EQ(rate_figure(9.96), "10");
  EXPECT_EQ(rate_figure(7800), "7,800");
  EXPECT_EQ(rate_figure(120'400), "120k");
  EXPECT_EQ(rate_figure(99'999), "99,999");
  EXPECT_EQ(rate_figure(9'999'999), "9999k");
  EXPECT_EQ(rate_figure(12'000'000), "12M");
}

}  // namespace
}  // namespace livefix::cli
