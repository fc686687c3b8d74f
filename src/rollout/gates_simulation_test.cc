// How often the gates are wrong, and how soon they are right: rollouts with requests drawn at
// random, looked at every second as the machine does. The figures of docs/rollouts.md come from
// here (--gtest_output=json:FILE writes them down). Seeds are fixed: what passes once passes
// always.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "rollout/gates.h"
#include "rollout/route_latency.h"

namespace livefix::rollout {
namespace {

using Random = std::mt19937_64;

// Log-normal latencies, `median` in microseconds, as 4,096 buckets of equal chance.
class Latencies {
 public:
  Latencies(double median, double spread) {
    Random random(1);
    std::lognormal_distribution<double> time(std::log(median), spread);
    for (auto& bucket : buckets_) {
      bucket =
          static_cast<std::uint8_t>(latency::bucket_of(static_cast<std::uint64_t>(time(random))));
    }
  }
  std::size_t draw(Random& random) const { return buckets_[random() % buckets_.size()]; }

 private:
  static_assert(latency::kBuckets <= 256);
  std::array<std::uint8_t, 4'096> buckets_{};
};

struct Program {
  double error_rate = 0.0;
  const Latencies& latencies;
};

// One second of traffic.
void serve(Window& window, double requests, const Program& program, Random& random) {
  if (requests <= 0.0) return;
  const auto count = static_cast<std::uint64_t>(std::poisson_distribution<int>(requests)(random));
  std::binomial_distribution<std::uint64_t> errors(count, program.error_rate);
  window.requests += count;
  window.errors += errors(random);
  for (std::uint64_t i = 0; i < count; ++i) ++window.latencies[program.latencies.draw(random)];
}

// The same, of errors only.
void count(Share& share, double requests, double error_rate, Random& random) {
  const auto more = std::poisson_distribution<std::uint64_t>(requests)(random);
  share.of += more;
  share.part += std::binomial_distribution<std::uint64_t>(more, error_rate)(random);
}

bool fails_by_errors(Share candidate, Share old) {
  const Window fresh{candidate.of, candidate.part, {}};
  const Window stale{old.of, old.part, {}};
  return judge_errors(fresh, stale, 0.005).outcome == Outcome::fail;
}

enum class Found { nothing, errors, latency };

// One step of ten seconds, judged as the machine does: errors at each look, the time at the end.
Outcome bake(Window& fresh, Window& stale, double rate, double share, const Program& candidate,
             const Program& old, Random& random, Found& found) {
  Judgement judgement;
  for (int second = 0; second < 10; ++second) {
    serve(fresh, rate * share, candidate, random);
    serve(stale, rate * (1.0 - share), old, random);
    judgement = judge(fresh, stale, {}, RolloutPolicy{});
    if (judgement.errors.outcome == Outcome::fail) {
      found = Found::errors;
      return Outcome::fail;
    }
  }
  return judgement.latency.outcome;
}

// 5, 50 and 100 %; at 100 % the old one's last time counts. Slow in one count is counted anew.
Found roll_out(const Program& candidate, const Program& old, double rate, Random& random) {
  Found found = Found::nothing;
  Window last_old;
  for (const double share : {0.05, 0.5, 1.0}) {
    Window stale;
    for (int count = 0; count < 2; ++count) {
      Window fresh;
      stale = share < 1.0 ? Window{} : last_old;
      if (bake(fresh, stale, rate, share, candidate, old, random, found) != Outcome::fail) break;
      if (found == Found::errors) return found;
      if (count == 1) return Found::latency;
    }
    last_old = stale;
  }
  return found;
}

// From 1 to 200 requests a second, as often around 5 as around 50.
double some_rate(Random& random) {
  return std::exp(std::uniform_real_distribution<double>(0.0, std::log(200.0))(random));
}

int false_alarms(int rollouts, double error_rate, double more_errors, const Latencies& latencies,
                 std::uint64_t seed) {
  Random random(seed);
  int alarms = 0;
  for (int i = 0; i < rollouts; ++i) {
    const Program old{error_rate, latencies};
    const Program candidate{error_rate + more_errors, latencies};
    const double rate = some_rate(random);
    if (roll_out(candidate, old, rate, random) != Found::nothing) ++alarms;
  }
  return alarms;
}

TEST(GateSimulation, LessThanOneInAHundredHealthyRolloutsFails) {
  const Latencies usual(20'000, 0.8);
  const Latencies wild(20'000, 1.6);
  int all = 0;
  for (const double rate : {0.0, 0.002, 0.02, 0.2}) {
    const int alarms = false_alarms(2'500, rate, 0.0, rate > 0.01 ? wild : usual, 11);
    RecordProperty(fmt::format("of_2500_at_{}", rate), alarms);
    all += alarms;
  }
  EXPECT_LT(all, 100);  // of 10,000
}

// The hardest of those that must not fail: as many errors as the limit allows.
TEST(GateSimulation, LessThanOneInAHundredRolloutsAtTheVeryLimitFails) {
  const Latencies usual(20'000, 0.8);
  const int alarms = false_alarms(4'000, 0.002, 0.005, usual, 12);
  RecordProperty("of_4000_at_the_limit", alarms);
  EXPECT_LT(alarms, 40);
}

// Why the error gate fails by exact bounds: Wilson's, at the same confidence, are too sure of a
// few errors.
TEST(GateSimulation, WilsonsBoundsWouldFailMoreThanOneInAHundred) {
  constexpr double kStrictZ = 3.719;  // kStrictTail
  Random random(17);
  int wilsons = 0;
  int ours = 0;
  for (int i = 0; i < 2'000; ++i) {
    const double rate = some_rate(random);
    bool failed = false;
    bool failed_by_wilson = false;
    Share candidate;
    Share old;
    for (int look = 0; look < 30; ++look) {
      count(candidate, rate * 0.05, 0.05, random);
      count(old, rate * 0.95, 0.05, random);
      const Interval bounds =
          difference(candidate, wilson(candidate, kStrictZ), old, wilson(old, kStrictZ));
      failed_by_wilson = failed_by_wilson || bounds.lower > 0.005;
      failed = failed || fails_by_errors(candidate, old);
    }
    wilsons += failed_by_wilson ? 1 : 0;
    ours += failed ? 1 : 0;
  }
  RecordProperty("of_2000_by_wilson", wilsons);
  RecordProperty("of_2000_by_exact_bounds", ours);
  EXPECT_GT(wilsons, 20);
  EXPECT_LT(ours, 20);
}

// Ten minutes of looks at one step, at the very limit, too.
TEST(GateSimulation, LessThanOneInAHundredThatWaitForTrafficFails) {
  Random random(16);
  int alarms = 0;
  for (int i = 0; i < 1'000; ++i) {
    const double rate = some_rate(random) / 4;
    Share candidate;
    Share old;
    for (int look = 0; look < 610; ++look) {
      count(candidate, rate * 0.5, 0.025, random);
      count(old, rate * 0.5, 0.02, random);
      if (!fails_by_errors(candidate, old)) continue;
      ++alarms;
      break;
    }
  }
  RecordProperty("of_1000_that_wait", alarms);
  EXPECT_LT(alarms, 10);
}

// A look each request instead of each second: there cannot be more of them.
int requests_until_errors_are_found(double error_rate, double old_rate, Random& random) {
  std::bernoulli_distribution fails(error_rate);
  std::bernoulli_distribution old_fails(old_rate);
  Window candidate;
  Window old;
  while (candidate.requests < 5'000) {
    ++candidate.requests;
    candidate.errors += fails(random) ? 1 : 0;
    for (int i = 0; i < 19; ++i) {  // the candidate has 5 % of the traffic
      ++old.requests;
      old.errors += old_fails(random) ? 1 : 0;
    }
    if (judge_errors(candidate, old, 0.005).outcome == Outcome::fail) break;
  }
  return static_cast<int>(candidate.requests);
}

// Of 500 runs, in order.
std::vector<int> requests_needed(double error_rate) {
  Random random(13);
  std::vector<int> needed;
  for (int i = 0; i < 500; ++i) {
    needed.push_back(requests_until_errors_are_found(error_rate, 0.002, random));
  }
  std::ranges::sort(needed);
  return needed;
}

TEST(GateSimulation, ErrorsAreFoundAfterFewRequests) {
  struct Bound {
    double error_rate;
    int median;
    int nine_in_ten;
  };
  for (const auto& [rate, median, nine_in_ten] :
       {Bound{0.02, 1'000, 2'000}, Bound{0.05, 160, 300}, Bound{0.2, 25, 45}, Bound{1.0, 3, 3}}) {
    const std::vector<int> needed = requests_needed(rate);
    RecordProperty(fmt::format("median_at_{}", rate), needed[249]);
    RecordProperty(fmt::format("nine_in_ten_at_{}", rate), needed[449]);
    EXPECT_LE(needed[249], median) << rate;
    EXPECT_LE(needed[449], nine_in_ten) << rate;
  }
}

// Of 500 rollouts with so many requests a second, in percent.
double caught(const Program& candidate, double rate, Found as) {
  const Latencies usual(20'000, 0.8);
  Random random(14);
  int count = 0;
  for (int i = 0; i < 500; ++i) {
    if (roll_out(candidate, {0.002, usual}, rate, random) == as) ++count;
  }
  return count / 5.0;
}

TEST(GateSimulation, FivePercentOfErrorsDoNotGetThrough) {
  const Latencies usual(20'000, 0.8);
  for (const double rate : {20.0, 50.0, 100.0, 200.0}) {
    for (const double errors : {0.02, 0.05, 0.1, 0.2}) {
      RecordProperty(fmt::format("caught_at_{}_per_s_with_errors_{}", rate, errors),
                     fmt::format("{} %", caught({errors, usual}, rate, Found::errors)));
    }
  }
  EXPECT_GE(caught({0.05, usual}, 100.0, Found::errors), 98.0);
  EXPECT_GE(caught({0.2, usual}, 20.0, Found::errors), 98.0);
}

TEST(GateSimulation, ACandidateThatIsFarSlowerDoesNotGetThrough) {
  const Latencies twice(40'000, 0.8);
  const Latencies five_times(100'000, 0.8);
  for (const double rate : {20.0, 50.0, 100.0, 200.0}) {
    RecordProperty(fmt::format("caught_at_{}_per_s_twice_as_slow", rate),
                   fmt::format("{} %", caught({0.002, twice}, rate, Found::latency)));
    RecordProperty(fmt::format("caught_at_{}_per_s_five_times_as_slow", rate),
                   fmt::format("{} %", caught({0.002, five_times}, rate, Found::latency)));
  }
  EXPECT_GE(caught({0.002, five_times}, 100.0, Found::latency), 98.0);
}

}  // namespace
}  // namespace livefix::rollout
