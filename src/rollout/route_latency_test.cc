#include "rollout/route_latency.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace livefix::rollout {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr double kMaxP99 = 0.5;

Window answered_in(std::uint64_t requests, microseconds time) {
  Window window{requests, 0, {}};
  window.latencies[latency::bucket_of(static_cast<std::uint64_t>(time.count()))] = requests;
  return window;
}

struct Traffic {
  Window candidate;
  Window old;
  std::vector<RouteWindow> routes{};

  void add(const std::string& route, const Window& of_candidate, const Window& of_old) {
    routes.push_back({route, of_candidate, of_old});
    for (auto [sum, more] : {std::pair(&candidate, &of_candidate), std::pair(&old, &of_old)}) {
      sum->requests += more->requests;
      for (std::size_t i = 0; i < sum->latencies.size(); ++i) {
        sum->latencies[i] += more->latencies[i];
      }
    }
  }
  LatencyJudgement judged() const { return judge_by_route(candidate, old, routes, kMaxP99); }
  Outcome as_a_whole() const { return judge_latency(candidate, old, kMaxP99).outcome; }
};

TEST(RouteLatency, WithoutRoutesItIsAsOfTheWhole) {
  const Window slow = answered_in(400, 100ms);
  const Window old = answered_in(8'000, 20ms);
  EXPECT_EQ(judge_by_route(slow, old, {}, kMaxP99), judge_latency(slow, old, kMaxP99));
}

TEST(RouteLatency, TheOnlyRouteIsNamed) {
  Traffic slow;
  slow.add("GET /", answered_in(400, 100ms), answered_in(8'000, 20ms));
  EXPECT_EQ(slow.judged().outcome, Outcome::fail);
  EXPECT_EQ(slow.judged().route, "GET /");
}

TEST(RouteLatency, ASlowRouteThatNobodyHadBeforeIsNotHeldAgainstIt) {
  Traffic traffic;
  traffic.add("GET /", answered_in(400, 20ms), answered_in(8'000, 20ms));
  traffic.add("GET /report", answered_in(40, 2s), Window{});
  EXPECT_EQ(traffic.as_a_whole(), Outcome::fail);
  EXPECT_EQ(traffic.judged().outcome, Outcome::pass);
}

TEST(RouteLatency, NorAreMoreRequestsOfASlowOne) {
  Traffic traffic;
  traffic.add("GET /", answered_in(400, 20ms), answered_in(8'000, 20ms));
  traffic.add("GET /report", answered_in(100, 2s), answered_in(70, 2s));
  EXPECT_EQ(traffic.as_a_whole(), Outcome::fail);
  EXPECT_NE(traffic.judged().outcome, Outcome::fail);
}

TEST(RouteLatency, OneSlowRouteOfTenDoesNotHide) {
  Traffic traffic;
  traffic.add("GET /report", answered_in(100, 2s), answered_in(2'000, 2s));
  for (int i = 0; i < 8; ++i) {
    traffic.add("GET /" + std::to_string(i), answered_in(100, 20ms), answered_in(2'000, 20ms));
  }
  traffic.add("POST /pay", answered_in(100, 200ms), answered_in(2'000, 20ms));
  EXPECT_NE(traffic.as_a_whole(), Outcome::fail);
  const LatencyJudgement judged = traffic.judged();
  EXPECT_EQ(judged.outcome, Outcome::fail);
  EXPECT_EQ(judged.route, "POST /pay");
  EXPECT_EQ(judged.slow, (Share{100, 100}));
  EXPECT_EQ(judged.old_requests, 2'000U);
}

TEST(RouteLatency, RoutesThatAreSeldomAskedAreJudgedBySum) {
  Traffic traffic;
  traffic.add("GET /", answered_in(40, 20ms), answered_in(800, 20ms));
  for (int i = 0; i < 20; ++i) {
    traffic.add("GET /" + std::to_string(i), answered_in(5, 200ms), answered_in(90, 20ms));
  }
  const LatencyJudgement judged = traffic.judged();
  EXPECT_EQ(judged.outcome, Outcome::fail);
  EXPECT_EQ(judged.route, "");
  EXPECT_EQ(judged.slow, (Share{100, 140}));
}

TEST(RouteLatency, WhatIsALittleSlowEverywhereIsFoundInTheSum) {
  Traffic traffic;
  for (int i = 0; i < 20; ++i) {
    Window slower = answered_in(100, 20ms);
    slower.latencies[latency::bucket_of(20'000)] -= 6;
    slower.latencies[latency::bucket_of(90'000)] += 6;
    traffic.add("GET /" + std::to_string(i), slower, answered_in(4'000, 20ms));
  }
  const LatencyJudgement judged = traffic.judged();
  EXPECT_EQ(judged.outcome, Outcome::fail);
  EXPECT_EQ(judged.route, "");
  EXPECT_EQ(judged.slow, (Share{120, 2'000}));
}

// Twenty routes, some asked a hundred times as often as others, each with its own times. The mix
// of the candidate's requests is another one.
class Shop {
 public:
  explicit Shop(unsigned seed) : random_(seed) {}

  // Of one step; `factor` is how much longer the candidate takes for the last route.
  LatencyJudgement step(double candidate_requests, double old_requests, double factor) {
    Traffic traffic;
    for (int route = 0; route < kRoutes; ++route) {
      const double share = 1.0 / (route + 1) / kHarmonic;
      const double other = 1.0 / (kRoutes - route) / kHarmonic;
      const bool is_last = route + 1 == kRoutes;
      traffic.add("GET /" + std::to_string(route),
                  draw(candidate_requests * other, route, is_last ? factor : 1.0),
                  draw(old_requests * share, route, 1.0));
    }
    as_a_whole_ = traffic.as_a_whole();
    return traffic.judged();
  }
  Outcome as_a_whole() const { return as_a_whole_; }

 private:
  static constexpr int kRoutes = 20;
  static constexpr double kHarmonic = 3.5977;  // of 20

  Window draw(double requests, int route, double factor) {
    Window window;
    window.requests = std::poisson_distribution<std::uint64_t>(requests)(random_);
    std::lognormal_distribution<double> time(std::log(4'000.0 * std::pow(1.35, route) * factor),
                                             0.8);
    for (std::uint64_t i = 0; i < window.requests; ++i) {
      ++window.latencies[latency::bucket_of(static_cast<std::uint64_t>(time(random_)))];
    }
    return window;
  }

  std::mt19937 random_;
  Outcome as_a_whole_ = Outcome::undecided;
};

// The figures of docs/rollouts.md.
TEST(RouteLatencySimulation, AnotherMixOfTheSameRoutesFailsLessThanOnceInAHundred) {
  int ours = 0;
  int whole = 0;
  for (unsigned seed = 0; seed < 500; ++seed) {
    Shop shop(seed);
    const double requests = std::exp(3.0 + 4.0 * (seed % 100) / 100.0);  // 20 to 1,100
    const double old_requests = (seed % 2 == 0 ? 10 : 1) * requests;
    if (shop.step(requests, old_requests, 1.0).outcome == Outcome::fail) ++ours;
    if (shop.as_a_whole() == Outcome::fail) ++whole;
  }
  RecordProperty("of_500_by_route", ours);
  RecordProperty("of_500_as_a_whole", whole);
  EXPECT_LT(ours, 5);
  EXPECT_GT(whole, 100);
}

TEST(RouteLatencySimulation, OneRouteThatIsFarSlowerIsFoundByItsName) {
  int found = 0;
  for (unsigned seed = 0; seed < 100; ++seed) {
    Shop shop(seed);
    if (shop.step(1'000, 20'000, 5.0).route == "GET /19") ++found;
  }
  RecordProperty("of_100_five_times_as_slow", found);
  EXPECT_GT(found, 80);
}

}  // namespace
}  // namespace livefix::rollout
