#include "model/latency_histogram.h"

#include <gtest/gtest.h>

namespace livefix::latency {
namespace {

using std::chrono::microseconds;

TEST(LatencyHistogram, EveryTimeLiesWithinTheBoundsOfItsBucket) {
  for (std::uint64_t time = 0; time < (1ULL << 28U); time += 1 + time / 64) {
    const std::size_t bucket = bucket_of(time);
    ASSERT_LT(bucket, kBuckets);
    ASSERT_LE(lower_bound(bucket), time);
    ASSERT_GT(upper_bound(bucket), time);
  }
  EXPECT_EQ(bucket_of(std::numeric_limits<std::uint64_t>::max()), kBuckets - 1);
}

TEST(LatencyHistogram, BucketsFollowEachOtherWithoutAGap) {
  for (std::size_t bucket = 0; bucket + 1 < kBuckets; ++bucket) {
    EXPECT_EQ(bucket_of(lower_bound(bucket)), bucket);
    EXPECT_EQ(bucket_of(upper_bound(bucket) - 1), bucket);
    EXPECT_EQ(bucket_of(upper_bound(bucket)), bucket + 1);
  }
}

TEST(LatencyHistogram, ABucketIsNoWiderThanAnEighthOfItsTimes) {
  for (std::size_t bucket = 1; bucket + 1 < kBuckets; ++bucket) {
    EXPECT_LE((upper_bound(bucket) - lower_bound(bucket)) * 8, lower_bound(bucket));
  }
}

TEST(LatencyHistogram, AQuantileIsTheTimeOfARequestOrUpToAnEighthMore) {
  Counts counts{};
  for (std::uint64_t time = 1'000; time <= 100'000; time += 1'000) ++counts[bucket_of(time)];
  for (const double share : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const double exact = share * 100'000;
    const auto found = static_cast<double>(quantile(counts, share).count());
    EXPECT_GE(found, exact) << share;
    EXPECT_LE(found, exact * 1.125) << share;
  }
}

TEST(LatencyHistogram, QuantilesOfNothingAndOfWhatIsTooLong) {
  Counts counts{};
  EXPECT_EQ(quantile(counts, 0.99), microseconds{0});
  counts[bucket_of(5 * kTooLong)] = 1;
  EXPECT_EQ(quantile(counts, 0.99), microseconds{kTooLong});
  EXPECT_EQ(quantile(counts, 0.0), microseconds{kTooLong});
}

}  // namespace
}  // namespace livefix::latency
