#include "rollout/gates.h"

#include <algorithm>
#include <cmath>

namespace livefix::rollout {
namespace {

constexpr double kSlowShare = 0.01;  // what p99 means

// Counters are read while they are written: an error may be there before its request is.
Share errors_of(const Window& window) {
  return {std::min(window.errors, window.requests), window.requests};
}

// Certainly at `time` or later: what is in one bucket with it is not.
Share at_or_after(const latency::Counts& counts, std::chrono::microseconds time) {
  Share share{0, latency::total(counts)};
  for (std::size_t bucket = 0; bucket < latency::kBuckets; ++bucket) {
    if (latency::lower_bound(bucket) >= static_cast<std::uint64_t>(time.count())) {
      share.part += counts[bucket];
    }
  }
  return share;
}

// What share of the requests fails with the old one and not with the candidate, as much as it may
// be; 0 where that is not certain.
double mended(const Window& candidate, const Window& old) {
  const Share now = errors_of(candidate);
  const Share before = errors_of(old);
  if (now.of == 0 || before.part == 0) return 0.0;
  const Interval fewer =
      difference(before, wilson(before, kOrdinaryZ), now, wilson(now, kOrdinaryZ));
  return fewer.lower > 0.0 ? fewer.upper : 0.0;
}

std::chrono::microseconds slow_from(std::chrono::microseconds old_p99, double max_p99) {
  const double rise = static_cast<double>(old_p99.count()) * max_p99;
  return old_p99 + std::max(std::chrono::microseconds{std::llround(rise)}, kLeastRise);
}

}  // namespace

ErrorJudgement judge_errors(const Window& candidate, const Window& old, double max_error_rate) {
  ErrorJudgement result{Outcome::undecided, errors_of(candidate), errors_of(old), max_error_rate};
  const auto bounds = [&result](auto interval_of) {
    const Interval of_old = result.old.of == 0 ? Interval{0.0, 0.0} : interval_of(result.old);
    return difference(result.candidate, interval_of(result.candidate), result.old, of_old);
  };
  if (result.candidate.of == 0) return result;
  if (bounds([](Share share) { return wilson(share, kOrdinaryZ); }).upper < max_error_rate) {
    result.outcome = Outcome::pass;
  } else if (result.candidate.value() - result.old.value() > max_error_rate &&  // a quick no
             bounds([](Share share) { return exact(share, kStrictTail); }).lower > max_error_rate) {
    result.outcome = Outcome::fail;
  }
  return result;
}

LatencyJudgement judge_latency(const Window& candidate, const Window& old, double max_p99,
                               double tail) {
  LatencyJudgement result;
  result.limit = max_p99;
  result.allowed = kSlowShare + mended(candidate, old);
  result.candidate_p99 = latency::quantile(candidate.latencies, 1.0 - kSlowShare);
  result.old_p99 = latency::quantile(old.latencies, 1.0 - kSlowShare);
  result.old_requests = latency::total(old.latencies);
  result.slow_from = slow_from(result.old_p99, max_p99);
  result.slow = at_or_after(candidate.latencies, result.slow_from);
  const bool beyond = result.slow_from.count() > static_cast<std::int64_t>(latency::kTooLong);
  if (result.slow.of == 0 || result.old_requests == 0 || beyond) return result;
  if (wilson(result.slow, kOrdinaryZ).upper < result.allowed) {
    if (result.old_requests >= kEnoughForP99) result.outcome = Outcome::pass;
  } else if (result.slow.value() > result.allowed) {
    const double allowed = most_allowed(result, old, tail);
    if (exact(result.slow, tail).lower > allowed) result.outcome = Outcome::fail;
  }
  return result;
}

double most_allowed(const LatencyJudgement& judgement, const Window& old, double tail) {
  return std::max(judgement.allowed,
                  exact(at_or_after(old.latencies, judgement.old_p99), tail).upper);
}

}  // namespace livefix::rollout
