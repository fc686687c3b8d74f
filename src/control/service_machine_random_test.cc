// Saves, kills and crashes in any order.
#include <gtest/gtest.h>

#include "control/random_world.h"

namespace livefix::control {
namespace {

using control::testing::kFewerSeeds;
using control::testing::RandomWorld;

class ServiceMachineRandom : public ::testing::TestWithParam<std::tuple<bool, bool>> {};

TEST_P(ServiceMachineRandom, KeepsItsPromises) {
  const auto [builds, fixed] = GetParam();
  std::uint64_t plans = 0;
  unsigned kills = 0;
  for (unsigned seed = 1; seed <= 400 / kFewerSeeds; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomWorld world(seed, builds, fixed);
    world.run(600);
    plans += world.plans();
    kills += world.kills();
    if (HasFailure()) break;
  }
  // A test that hardly did anything has shown nothing.
  EXPECT_GT(plans, 2'000U / kFewerSeeds);
  EXPECT_GT(kills, 400 / kFewerSeeds);
}

INSTANTIATE_TEST_SUITE_P(BuildsAndFixedPorts, ServiceMachineRandom,
                         ::testing::Combine(::testing::Bool(), ::testing::Bool()));

}  // namespace
}  // namespace livefix::control
