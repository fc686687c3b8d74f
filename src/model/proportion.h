// What a share of counted requests says about the next ones: intervals that hold the true share
// with a stated confidence. Pure. The requests are taken to be independent of each other; docs/
// rollouts.md says what follows where they are not.
#pragma once

#include <algorithm>
#include <cstdint>

namespace livefix::proportion {

struct Share {
  std::uint64_t part = 0;
  std::uint64_t of = 0;

  double value() const {
    return of == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(of);
  }
  bool operator==(const Share&) const = default;
};

struct Interval {
  double lower = 0.0;
  double upper = 1.0;
};

// Wilson's score interval; each side misses the truth with the probability that a normal variable
// is above `z`. Good company at ordinary confidence, but far too sure of itself in the tails: one
// error in one request would put the lower bound at a confidence of 99.99 % above 6 %. Of no
// requests: 0 to 1.
Interval wilson(Share share, double z);

// The interval of Clopper and Pearson: each side misses the truth with at most the probability
// `tail`, also for small counts and small tails. Of no requests: 0 to 1.
Interval exact(Share share, double tail);

// Of the difference `share` - `other`, by squaring and adding the distances of their bounds
// (Newcombe 1998, method 10, there with Wilson's bounds).
Interval difference(Share share, Interval bounds, Share other, Interval other_bounds);

// Fisher's exact test: if both were of one rate, how probable would it be that, of the parts of
// both together, `share` has as few as it has, or fewer; as many, or more? Exact for small counts,
// and careful for all: a true null is rejected at `level` with at most that probability. 1 and 1
// where there is nothing to go by.
struct Tails {
  double fewer = 1.0;
  double more = 1.0;

  // Both directions are looked at, whichever way it went.
  double two_sided() const { return std::min(1.0, 2.0 * std::min(fewer, more)); }
};
Tails fisher(Share share, Share other);

}  // namespace livefix::proportion
