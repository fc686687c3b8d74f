// How long answers took, in buckets that are fine where times are short and coarse where they are
// long: 8 to an octave, so that a bucket's bounds are at most 1/8 apart (log-linear, as in HDR
// histograms). 64 us to 67 s; what is shorter is in the first bucket, what is longer in the last.
// Plain numbers: the counts may live in shared memory. Safe on any thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>

namespace livefix::latency {

inline constexpr unsigned kSubBits = 3;                           // 8 buckets an octave
inline constexpr unsigned kFirstOctave = 6;                       // from 2^6 us = 64 us
inline constexpr unsigned kEndOctave = 26;                        // to 2^26 us = 67.1 s
inline constexpr std::uint64_t kShortest = 1ULL << kFirstOctave;  // microseconds
inline constexpr std::uint64_t kTooLong = 1ULL << kEndOctave;     // microseconds
inline constexpr std::size_t kBuckets = ((kEndOctave - kFirstOctave) << kSubBits) + 2;

using Counts = std::array<std::uint64_t, kBuckets>;

// For the way of a request: two comparisons, a bit scan and shifts. The octave is where the
// highest bit is, the place in it are the three bits below. kShortest - 1 and kTooLong fall by
// the same rule into the first and the last bucket, so that clamping is all they need.
constexpr std::size_t bucket_of(std::uint64_t microseconds) {
  constexpr unsigned kBase = ((kFirstOctave - kSubBits) << kSubBits) + (1U << kSubBits) - 1;
  const std::uint64_t time = std::clamp(microseconds, kShortest - 1, kTooLong);
  const auto shift = static_cast<unsigned>(std::bit_width(time)) - 1 - kSubBits;
  return (shift << kSubBits) + static_cast<std::size_t>(time >> shift) - kBase;
}

// The shortest time of a bucket, in microseconds.
constexpr std::uint64_t lower_bound(std::size_t bucket) {
  if (bucket == 0) return 0;
  const std::size_t octave = (bucket - 1) >> kSubBits;
  const std::uint64_t place = (bucket - 1) & ((1U << kSubBits) - 1);
  return ((1U << kSubBits) + place) << (octave + kFirstOctave - kSubBits);
}

// The first time that is too long for a bucket, in microseconds; the last bucket has none.
constexpr std::uint64_t upper_bound(std::size_t bucket) {
  return bucket + 1 < kBuckets ? lower_bound(bucket + 1)
                               : std::numeric_limits<std::uint64_t>::max();
}

constexpr std::uint64_t total(std::span<const std::uint64_t, kBuckets> counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

// The bucket of the time that `share` (0 to 1) of the counted ones do not exceed. Without any,
// the first.
constexpr std::size_t quantile_bucket(std::span<const std::uint64_t, kBuckets> counts,
                                      double share) {
  const std::uint64_t all = total(counts);
  const double exact = std::clamp(share, 0.0, 1.0) * static_cast<double>(all);
  auto rank = static_cast<std::uint64_t>(exact);
  if (static_cast<double>(rank) < exact) ++rank;  // the time of a request, not one between two
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += counts[bucket];
    if (seen >= rank && seen > 0) return bucket;
  }
  return 0;
}

// A time that `share` of the counted ones do not exceed, at most 1/8 too long. 67 s means that
// or more. Without any, 0.
constexpr std::chrono::microseconds quantile(std::span<const std::uint64_t, kBuckets> counts,
                                             double share) {
  if (total(counts) == 0) return std::chrono::microseconds{0};
  const std::uint64_t time = std::min(upper_bound(quantile_bucket(counts, share)), kTooLong);
  return std::chrono::microseconds{static_cast<std::int64_t>(time)};
}

static_assert(bucket_of(0) == 0 && bucket_of(63) == 0 && bucket_of(64) == 1);
static_assert(bucket_of(kTooLong - 1) == kBuckets - 2 && bucket_of(kTooLong) == kBuckets - 1);

}  // namespace livefix::latency
