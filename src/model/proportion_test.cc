#include "model/proportion.h"

#include <gtest/gtest.h>

#include <cmath>

namespace livefix::proportion {
namespace {

// P(X >= part) of a binomial variable, from its definition.
double tail_from(std::uint64_t part, std::uint64_t of, double p) {
  double sum = 0.0;
  for (std::uint64_t k = part; k <= of; ++k) {
    const auto x = static_cast<double>(k);
    const auto n = static_cast<double>(of);
    sum += std::exp(std::lgamma(n + 1) - std::lgamma(x + 1) - std::lgamma(n - x + 1) +
                    x * std::log(p) + (n - x) * std::log1p(-p));
  }
  return sum;
}

// Newcombe 1998 (Two-sided confidence intervals for the single proportion), table I, method 3.
TEST(Proportion, WilsonHasThePublishedBounds) {
  const Interval many = wilson({81, 263}, 1.959964);
  EXPECT_NEAR(many.lower, 0.2553, 5e-5);
  EXPECT_NEAR(many.upper, 0.3662, 5e-5);
  const Interval few = wilson({1, 29}, 1.959964);
  EXPECT_NEAR(few.lower, 0.0061, 5e-5);
  EXPECT_NEAR(few.upper, 0.1718, 5e-5);
  EXPECT_EQ(wilson({0, 20}, 1.959964).lower, 0.0);
  EXPECT_EQ(wilson({20, 20}, 1.959964).upper, 1.0);
}

// Newcombe 1998 (Interval estimation for the difference between independent proportions), table
// II, method 10.
TEST(Proportion, TheDifferenceHasThePublishedBounds) {
  const auto newcombe = [](Share share, Share other) {
    return difference(share, wilson(share, 1.959964), other, wilson(other, 1.959964));
  };
  const Interval wide = newcombe({56, 70}, {48, 80});
  EXPECT_NEAR(wide.lower, 0.0524, 5e-5);
  EXPECT_NEAR(wide.upper, 0.3339, 5e-5);
  const Interval none = newcombe({0, 10}, {0, 20});
  EXPECT_NEAR(none.lower, -0.1611, 5e-5);
  EXPECT_NEAR(none.upper, 0.2775, 5e-5);
}

TEST(Proportion, ExactBoundsLeaveExactlyTheTail) {
  for (const Share share : {Share{1, 1}, Share{2, 10}, Share{5, 400}, Share{30, 31}}) {
    for (const double tail : {0.05, 1e-5}) {
      const Interval bounds = exact(share, tail);
      EXPECT_NEAR(tail_from(share.part, share.of, bounds.lower) / tail, 1.0, 1e-6);
      if (share.part == share.of) {
        EXPECT_EQ(bounds.upper, 1.0);
        continue;
      }
      const double below = 1.0 - tail_from(share.part + 1, share.of, bounds.upper);
      EXPECT_NEAR(below / tail, 1.0, 1e-4);
    }
  }
}

TEST(Proportion, OfNothingEverythingIsPossible) {
  EXPECT_EQ(exact({0, 0}, 1e-5).lower, 0.0);
  EXPECT_EQ(exact({0, 0}, 1e-5).upper, 1.0);
  EXPECT_EQ(wilson({0, 0}, 1.6).upper, 1.0);
  EXPECT_EQ(exact({0, 5}, 1e-5).lower, 0.0);
}

// Why failing takes the exact interval.
TEST(Proportion, OneErrorInOneRequestConvictsByWilsonsBoundsOnly) {
  EXPECT_GT(wilson({1, 1}, 3.719).lower, 0.06);
  EXPECT_LT(exact({1, 1}, 1e-4).lower, 0.001);
}

double choose(std::uint64_t n, std::uint64_t k) {
  double ways = 1.0;
  for (std::uint64_t i = 1; i <= k; ++i) {
    ways *= static_cast<double>(n - k + i) / static_cast<double>(i);
  }
  return ways;
}

// Fisher 1935, the lady tasting tea: three of four cups right.
TEST(Fisher, HasThePublishedProbability) {
  EXPECT_NEAR(fisher({3, 4}, {1, 4}).more, 17.0 / 70.0, 1e-12);
  EXPECT_NEAR(fisher({3, 4}, {1, 4}).fewer, 69.0 / 70.0, 1e-12);
}

TEST(Fisher, SumsItsDefinition) {
  for (std::uint64_t n = 0; n <= 12; ++n) {
    for (std::uint64_t m = 0; m <= 12; m += 3) {
      for (std::uint64_t a = 0; a <= n; ++a) {
        for (std::uint64_t b = 0; b <= m; ++b) {
          double fewer = 0.0;
          double more = 0.0;
          for (std::uint64_t x = 0; x <= std::min(n, a + b); ++x) {
            if (a + b - x > m) continue;
            const double p = choose(n, x) * choose(m, a + b - x) / choose(n + m, a + b);
            if (x <= a) fewer += p;
            if (x >= a) more += p;
          }
          const Tails tails = fisher({a, n}, {b, m});
          ASSERT_NEAR(tails.fewer, fewer, 1e-11) << a << '/' << n << ' ' << b << '/' << m;
          ASSERT_NEAR(tails.more, more, 1e-11) << a << '/' << n << ' ' << b << '/' << m;
        }
      }
    }
  }
}

TEST(Fisher, OfNothingIsNoEvidence) {
  EXPECT_EQ(fisher({0, 0}, {0, 0}).two_sided(), 1.0);
  EXPECT_EQ(fisher({0, 100}, {0, 0}).two_sided(), 1.0);
  EXPECT_EQ(fisher({5, 5}, {0, 0}).two_sided(), 1.0);
  EXPECT_EQ(fisher({0, 1'000}, {0, 9}).two_sided(), 1.0);
}

TEST(Fisher, TakesCountsOfYears) {
  const std::uint64_t many = 4'000'000'000;
  EXPECT_LT(fisher({0, many}, {40'000'000, many}).fewer, 1e-300);
  EXPECT_GT(fisher({40'000'000, many}, {0, many}).fewer, 1.0 - 1e-12);
  EXPECT_NEAR(fisher({20'000'000, many}, {20'000'000, many}).two_sided(), 1.0, 1e-3);
}

}  // namespace
}  // namespace livefix::proportion
