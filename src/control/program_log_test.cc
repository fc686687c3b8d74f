#include "control/program_log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace livefix::control {
namespace {

constexpr UnitId kOld{1};
constexpr UnitId kNew{2};
constexpr std::size_t kAll = 10'000;

std::vector<std::string> texts(const ProgramLog& log, const LogFilter& filter = {},
                               std::size_t most = kAll) {
  std::vector<std::string> texts;
  for (const auto& entry : log.newest(filter, most)) texts.push_back(entry.line.text);
  return texts;
}
using Texts = std::vector<std::string>;

ProgramLog two_units() {
  ProgramLog log;
  log.begin(kOld, 0, "7f3c2d1");
  log.begin(kNew, 1, "build 8a4d3e2");
  log.add(kOld, Stream::output, "one");
  log.add(kNew, Stream::error, "two");
  log.add(kOld, Stream::output, "three");
  return log;
}

TEST(ProgramLog, KeepsTheOrderOfAllLines) {
  const auto log = two_units();
  EXPECT_EQ(texts(log), (Texts{"one", "two", "three"}));
  EXPECT_EQ(texts(log, {}, 2), (Texts{"two", "three"}));
  EXPECT_EQ(texts(log, {}, 0), Texts{});
  EXPECT_EQ(log.newest({}, kAll)[1].line.stream, Stream::error);
  EXPECT_EQ(log.newest_of(kOld, 1), Texts{"three"});
}

TEST(ProgramLog, KnowsWhatWasWrittenWhen) {
  const auto begin = std::chrono::system_clock::now();
  auto log = two_units();
  const auto end = std::chrono::system_clock::now();
  EXPECT_EQ(log.between(kOld, begin, end, kAll), (Texts{"one", "three"}));
  EXPECT_EQ(log.between(kOld, begin, end, 1), Texts{"three"});
  EXPECT_EQ(log.between(kOld, end + std::chrono::hours(1), end + std::chrono::hours(2), kAll),
            Texts{});
  EXPECT_EQ(log.between(UnitId{9}, begin, end, kAll), std::nullopt);
  for (std::size_t i = 0; i < ProgramLog::kMostLines; ++i) log.add(kOld, Stream::error, "more");
  EXPECT_EQ(log.between(kOld, begin, end, kAll), std::nullopt) << "they had to go";
}

TEST(ProgramLog, KnowsUnitsByNumberReleaseAndService) {
  const auto log = two_units();
  EXPECT_EQ(texts(log, {{}, "1"}), (Texts{"one", "three"}));
  EXPECT_EQ(texts(log, {{}, "7f3c2d1"}), (Texts{"one", "three"}));
  EXPECT_EQ(texts(log, {{}, "7f3c2d1e55"}), (Texts{"one", "three"})) << "more of the commit";
  EXPECT_EQ(texts(log, {{}, "8a4d3e2"}), Texts{"two"}) << "its build";
  EXPECT_EQ(texts(log, {1, ""}), Texts{"two"});
  EXPECT_EQ(texts(log, {1, "1"}), Texts{});
  EXPECT_FALSE(log.has({{}, "9"}));
  EXPECT_EQ(log.names(), (Texts{"1 (7f3c2d1)", "2 (build 8a4d3e2)"}));
}

TEST(ProgramLog, IsBoundedInLinesAndBytes) {
  ProgramLog log;
  log.begin(kOld, 0, "dev-1");
  for (std::size_t i = 0; i < ProgramLog::kMostLines + 5; ++i) {
    log.add(kOld, Stream::output, std::to_string(i));
  }
  EXPECT_EQ(texts(log).size(), ProgramLog::kMostLines);
  EXPECT_EQ(texts(log).front(), "5");
  log.add(kOld, Stream::output, std::string(ProgramLog::kMostBytes, 'x'));
  EXPECT_EQ(texts(log).size(), 1U) << "a long line takes the room of many";
}

TEST(ProgramLog, KeepsWhatTheLastFewWroteThatAreGone) {
  ProgramLog log;
  for (std::uint32_t i = 1; i <= ProgramLog::kEndedUnits + 2; ++i) {
    log.begin(UnitId{i}, 0, fmt::format("dev-{}", i));
    log.add(UnitId{i}, Stream::output, std::to_string(i));
    if (i > 1) log.end(UnitId{i});
  }
  EXPECT_EQ(texts(log).size(), ProgramLog::kEndedUnits + 1);
  EXPECT_TRUE(log.has({{}, "1"})) << "it runs";
  EXPECT_FALSE(log.has({{}, "2"}));
  EXPECT_TRUE(log.has({{}, "3"}));
}

TEST(ProgramLog, TellsFollowersWhatComes) {
  auto log = two_units();
  Texts seen;
  const auto id =
      log.follow({0, ""}, {[&](const auto& entry) { seen.push_back(entry.line.text); }, [] {}});
  log.add(kOld, Stream::output, "four");
  log.add(kNew, Stream::output, "of another service");
  log.unfollow(id);
  log.add(kOld, Stream::output, "five");
  EXPECT_EQ(seen, Texts{"four"});
}

TEST(ProgramLog, LetsAFollowerLeaveWhileItIsTold) {
  auto log = two_units();
  int told = 0;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  first = log.follow({}, {[&](const auto&) {
                            ++told;
                            log.unfollow(first);
                            log.unfollow(second);
                          },
                          [] {}});
  second = log.follow({}, {[&](const auto&) { ++told; }, [] {}});
  log.add(kOld, Stream::output, "four");
  log.add(kOld, Stream::output, "five");
  EXPECT_EQ(told, 1);
}

TEST(ProgramLog, EndsWithThoseWhoFollow) {
  auto log = two_units();
  int ended = 0;
  log.follow({}, {[](const auto&) {}, [&] { ++ended; }});
  log.close();
  log.close();
  log.add(kOld, Stream::output, "four");
  EXPECT_EQ(ended, 1);
}

}  // namespace
}  // namespace livefix::control
