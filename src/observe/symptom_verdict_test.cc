#include "observe/symptom_verdict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace livefix::observe {
namespace {

Change judged(BeforeAfter counts) {
  return judge_symptoms(std::vector{counts}).front().change;
}

TEST(SymptomVerdict, SaysWhatBecameOfASymptom) {
  EXPECT_EQ(judged({{412, 6'645}, {0, 1'208}}), Change::gone);
  EXPECT_EQ(judged({{412, 6'645}, {20, 1'208}}), Change::fewer);
  EXPECT_EQ(judged({{412, 6'645}, {75, 1'208}}), Change::same);
  EXPECT_EQ(judged({{412, 6'645}, {150, 1'208}}), Change::more);
  EXPECT_EQ(judged({{0, 6'645}, {12, 1'208}}), Change::fresh);
}

TEST(SymptomVerdict, OfFewRequestsItSaysSo) {
  EXPECT_EQ(judged({{412, 6'645}, {0, 12}}), Change::too_few);
  EXPECT_EQ(judged({{1, 6'645}, {0, 1'208}}), Change::too_few);
  EXPECT_EQ(judged({{0, 100}, {1, 100}}), Change::too_few);
  EXPECT_EQ(judged({{5, 100}, {5, 100}}), Change::too_few);
  EXPECT_EQ(judged({{0, 0}, {12, 12}}), Change::too_few);
  EXPECT_EQ(judged({{12, 12}, {0, 0}}), Change::too_few);
  EXPECT_EQ(judged({{0, 0}, {0, 0}}), Change::too_few);
  EXPECT_EQ(judged({{0, 5'000}, {0, 5'000}}), Change::too_few);
}

TEST(SymptomVerdict, AFailureWithoutItsRequestIsNotCounted) {
  const auto verdicts = judge_symptoms(std::vector<BeforeAfter>{{{5, 3}, {9, 0}}});
  EXPECT_EQ(verdicts.front().counts, (BeforeAfter{{3, 3}, {0, 0}}));
  EXPECT_EQ(verdicts.front().change, Change::too_few);
}

TEST(SymptomVerdict, ManyAtOnceNeedStrongerEvidence) {
  const BeforeAfter weak{{8, 100}, {0, 100}};  // p = 0.0066
  EXPECT_EQ(judged(weak), Change::gone);
  const std::vector<BeforeAfter> many(20, weak);
  for (const auto& verdict : judge_symptoms(many)) EXPECT_EQ(verdict.change, Change::too_few);
  // Symptoms that never occurred are no symptoms.
  std::vector<BeforeAfter> with_empty(20, BeforeAfter{{0, 100}, {0, 100}});
  with_empty.push_back(weak);
  EXPECT_EQ(judge_symptoms(with_empty).back().change, Change::gone);
  // What is sure makes room for the next one.
  std::vector<BeforeAfter> sure(20, BeforeAfter{{50, 100}, {0, 100}});
  sure.push_back(weak);
  EXPECT_EQ(judge_symptoms(sure).back().change, Change::gone);
}

TEST(SymptomVerdict, TheTextHasTheCounts) {
  const auto text = [](BeforeAfter counts) {
    return phrase("POST /checkout 500", judge_symptoms(std::vector{counts}).front());
  };
  EXPECT_EQ(text({{412, 6'645}, {0, 1'208}}),
            "POST /checkout 500: 6.2 % → 0 % of 1,208 requests: gone");
  EXPECT_EQ(text({{0, 6'645}, {12, 1'208}}),
            "POST /checkout 500: 12 of 1,208 requests, none of 6,645 before: new");
  EXPECT_EQ(text({{0, 0}, {1, 1}}),
            "POST /checkout 500: 1 of 1 request, nothing known from before: too few requests to "
            "say");
  EXPECT_EQ(text({{412, 6'645}, {0, 0}}),
            "POST /checkout 500: no requests since: too few requests to say");
}

// --- properties, and the figures of docs/symptoms.md
// ----------------------------------------------

using RandomRollouts = std::mt19937_64;

proportion::Share drawn(std::uint64_t requests, double rate, RandomRollouts& random) {
  return {std::binomial_distribution<std::uint64_t>(requests, rate)(random), requests};
}

bool is_change(Change change) {
  return change != Change::same && change != Change::too_few;
}

// 0.01 % to 50 %, 10 to 100,000 requests.
double any_rate(RandomRollouts& random) {
  return std::pow(10.0, std::uniform_real_distribution<double>(-4.0, -0.3)(random));
}
std::uint64_t any_number(RandomRollouts& random) {
  return static_cast<std::uint64_t>(
      std::pow(10.0, std::uniform_real_distribution<double>(1.0, 5.0)(random)));
}

TEST(SymptomVerdictProperties, WithoutAChangeAlmostNoRolloutIsToldOfOne) {
  RandomRollouts random(7);
  int wrong = 0;
  constexpr int kRollouts = 4'000;
  for (int rollout = 0; rollout < kRollouts; ++rollout) {
    std::vector<BeforeAfter> symptoms;
    for (int i = 0; i < 20; ++i) {
      const double rate = any_rate(random);
      symptoms.push_back(
          {drawn(any_number(random), rate, random), drawn(any_number(random), rate, random)});
    }
    const auto verdicts = judge_symptoms(symptoms);
    wrong += std::ranges::any_of(verdicts, is_change, &SymptomVerdict::change) ? 1 : 0;
  }
  RecordProperty("wrong_of_4000_rollouts_of_20", wrong);
  EXPECT_LE(wrong, static_cast<int>(kRollouts * kFamilyLevel));
}

TEST(SymptomVerdictProperties, WhatWasHalvedOrDoubledIsSeldomCalledTheSame) {
  RandomRollouts random(8);
  int wrong = 0;
  constexpr int kTrials = 10'000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const double rate = any_rate(random);
    const bool doubled = trial % 2 == 0;
    const BeforeAfter counts{drawn(any_number(random), doubled ? rate / 2 : rate, random),
                             drawn(any_number(random), doubled ? rate : rate / 2, random)};
    wrong += judged(counts) == Change::same ? 1 : 0;
  }
  RecordProperty("same_of_10000_that_were_not", wrong);
  EXPECT_LE(wrong, static_cast<int>(kTrials * kSameTail));
}

// How many requests it takes until 90 % of rollouts with five symptoms say `change`.
std::uint64_t requests_needed(double before, double after, Change change, RandomRollouts& random) {
  for (const std::uint64_t requests :
       {10U, 20U, 50U, 100U, 200U, 500U, 1'000U, 2'000U, 5'000U, 10'000U, 20'000U, 50'000U}) {
    int right = 0;
    for (int trial = 0; trial < 300; ++trial) {
      std::vector<BeforeAfter> symptoms;
      symptoms.push_back({drawn(5'000, before, random), drawn(requests, after, random)});
      for (int other = 0; other < 4; ++other) {
        symptoms.push_back({drawn(5'000, 0.01, random), drawn(requests, 0.01, random)});
      }
      right += judge_symptoms(symptoms).front().change == change ? 1 : 0;
    }
    if (right >= 270) return requests;
  }
  return 0;
}

TEST(SymptomVerdictProperties, AFixIsSeenSoon) {
  RandomRollouts random(9);
  struct Row {
    const char* name;
    double before;
    double after;
    Change change;
    std::uint64_t at_most;
  };
  for (const Row& row : {Row{"gone_from_20_percent", 0.2, 0.0, Change::gone, 50},
                         Row{"gone_from_6_percent", 0.062, 0.0, Change::gone, 200},
                         Row{"gone_from_1_percent", 0.01, 0.0, Change::gone, 1'000},
                         Row{"fewer_6_to_3_percent", 0.062, 0.031, Change::fewer, 2'000},
                         Row{"new_at_1_percent", 0.0, 0.01, Change::fresh, 1'000},
                         Row{"same_at_6_percent", 0.062, 0.062, Change::same, 1'000}}) {
    const std::uint64_t needed = requests_needed(row.before, row.after, row.change, random);
    RecordProperty(row.name, static_cast<int>(needed));
    EXPECT_GT(needed, 0U) << row.name;
    EXPECT_LE(needed, row.at_most) << row.name;
  }
}

// More failures after never read better.
TEST(SymptomVerdictProperties, AreOrderly) {
  const auto rank = [](Change change) {
    switch (change) {
      case Change::gone:
        return 0;
      case Change::fewer:
        return 1;
      case Change::same:
      case Change::too_few:
        return 2;
      default:
        return 3;
    }
  };
  for (const std::uint64_t before : {0U, 1U, 9U, 60U, 400U}) {
    int last = 0;
    for (std::uint64_t after = 0; after <= 300; ++after) {
      const int now = rank(judged({{before, 1'000}, {after, 300}}));
      ASSERT_GE(now, last) << before << ' ' << after;
      last = now;
    }
  }
}

}  // namespace
}  // namespace livefix::observe
