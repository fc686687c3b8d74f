// Is the candidate worse than the old generation? Judgements of what the data plane has counted,
// each with the figures that it is made from. Pure; docs/rollouts.md has the formulae and what a
// simulation says of them.
//
// A gate fails only on strong evidence and passes on ordinary evidence; between them it is
// undecided, and the policy says what follows. Strong means: of a candidate that is within the
// limit, one look in 10,000 says that it is not (kStrictTail). Looks are once a second and a
// rollout can be judged at any of them, so that the chances add up: the 30 looks of a usual rollout
// come to 0.3 % at the very worst. Looks at the same growing counts mostly fail together, so that
// it is less, also with the 630 looks of one that waits ten minutes for traffic.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "model/latency_histogram.h"
#include "model/proportion.h"
#include "model/rollout_policy.h"

namespace livefix::rollout {

using proportion::Interval;
using proportion::Share;

inline constexpr double kStrictTail = 1e-4;
// Of times: they are judged at the end of a step only, and have to fail twice (rollout_shift.cc).
inline constexpr double kTwiceTail = 1e-3;
inline constexpr std::uint64_t kEnoughForP99 = 100;  // requests
inline constexpr double kOrdinaryZ = 1.645;          // one-sided 95 %
// A p99 that rose by less is within what a busy machine does to a fast answer, whatever the
// percentage is.
inline constexpr std::chrono::microseconds kLeastRise{1'000};

// What one generation did in a time. Of the old one it should be the same time, or where that one
// gets nothing any more, the last time that it did: the caller decides.
struct Window {
  std::uint64_t requests = 0;  // that ended
  std::uint64_t errors = 0;    // of these: 5xx, cut, or not answered
  latency::Counts latencies{};

  bool operator==(const Window&) const = default;
};

enum class Outcome : std::uint8_t { pass, fail, undecided };

// fail: the lower bound of candidate - old is above the limit, each one's bounds being Clopper and
// Pearson's at kStrictTail. pass: the upper bound is below it, with Wilson's at kOrdinaryZ.
//
// An old generation without a request (a first release, or nobody came) counts as one that makes no
// errors, known for sure. Nothing better is known, it is what everybody expects of a program, and
// the price of being wrong is a release that is refused with its figures, not an outage: what
// served before, if anything did, goes on.
struct ErrorJudgement {
  Outcome outcome = Outcome::undecided;
  Share candidate;  // errors of requests
  Share old;
  double limit = 0.0;  // that the candidate's share may be above the old one's

  bool operator==(const ErrorJudgement&) const = default;
};

// The candidate's requests that took longer than the old p99 and what may be added to it; one in a
// hundred may. fail: the lower bound of their share (Clopper and Pearson's at kTwiceTail) is above
// 1 %, and above what the old one's own share may be above the p99 that was seen of it (the upper
// bound; the "p99" of few requests is no more than the longest of them). pass: the upper bound
// (Wilson's at kOrdinaryZ) is below 1 %, and the old one had the 100 requests that a p99 takes.
//
// A fix makes answers of what failed at once, and these take their time: there is no telling how
// long the old one would have taken for them. So where it certainly makes fewer errors than the old
// one, as many more of its requests may be slow as that may be (the bound of the difference).
// Without any request of the old one, and where the limit is longer than the histogram: undecided.
// Times are those of histogram buckets, rounded in favour of the candidate by 1/8 at most, twice.
struct LatencyJudgement {
  Outcome outcome = Outcome::undecided;
  Share slow;  // of the candidate's requests
  std::chrono::microseconds slow_from{0};
  std::chrono::microseconds candidate_p99{0};
  std::chrono::microseconds old_p99{0};
  std::uint64_t old_requests = 0;
  double limit = 0.0;     // that the p99 may be longer, relative
  double allowed = 0.01;  // share of the candidate's requests that may be slow
  // That it is about: "GET /cart/:id"; empty: all of them. Of all routes together there is no
  // `slow_from`: each has its own (route_latency.h).
  std::string route{};

  bool operator==(const LatencyJudgement&) const = default;
};

struct Judgement {
  ErrorJudgement errors;
  LatencyJudgement latency;

  bool undecided() const {
    return errors.outcome == Outcome::undecided || latency.outcome == Outcome::undecided;
  }
  bool operator==(const Judgement&) const = default;
};

ErrorJudgement judge_errors(const Window& candidate, const Window& old, double max_error_rate);
// `tail`: instead of kTwiceTail, where it is one of several tests.
LatencyJudgement judge_latency(const Window& candidate, const Window& old, double max_p99,
                               double tail = kTwiceTail);
// The share of the candidate's requests that may be slow at most, for all that is known of the old
// one; `judgement` is of both.
double most_allowed(const LatencyJudgement& judgement, const Window& old, double tail);

}  // namespace livefix::rollout
