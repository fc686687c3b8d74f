#include "releases/carry_forecast.h"

#include "releases/git_fixture.h"

namespace livefix::releases {
namespace {

class CarryForecast : public GitFixture {
 protected:
  void SetUp() override {
    GitFixture::SetUp();
    write(path("old/shop/package-lock.json"), "lock");
    write(path("old/shop/node_modules/left.js"), "left");
  }
  // Why it is not carried over; empty: it is.
  std::string reason(const FixtureTree& tree, const std::string& keep = "shop/node_modules") {
    const auto carried = forecast_carry_over(git_, commit(tree), path("old"), {keep});
    EXPECT_TRUE(carried) << carried.error().message;
    for (const auto& left : std::filesystem::directory_iterator(git_.git_dir())) {
      EXPECT_EQ(left.path().string().find(".tmp-"), std::string::npos) << "nothing is left behind";
    }
    return carried && carried->size() == 1 ? carried->front().skipped : "(failed)";
  }
};

TEST_F(CarryForecast, SaysWhatWillBeCarriedOver) {
  EXPECT_EQ(reason({{"shop/package-lock.json", {"lock"}}, {"shop/server.js", {"new"}}}), "");
}

TEST_F(CarryForecast, SeesAnotherLockfile) {
  EXPECT_EQ(reason({{"shop/package-lock.json", {"other"}}}), "shop/package-lock.json changed");
  EXPECT_EQ(reason({{"shop/package-lock.json", {"lock"}}, {"package-lock.json", {"top"}}}),
            "package-lock.json changed");
}

TEST_F(CarryForecast, SeesWhatTheCommitHasInItsPlace) {
  EXPECT_EQ(reason({{"shop/package-lock.json", {"lock"}}, {"shop/node_modules/x", {""}}}),
            "the new release has something of that name");
  EXPECT_EQ(reason({{"shop", {"a file"}}}), "shop is no directory of the new release");
}

TEST_F(CarryForecast, SeesWhatIsNotThere) {
  EXPECT_EQ(reason({{"shop/package-lock.json", {"lock"}}}, "shop/vendor"),
            "it is not in the release before");
}

TEST_F(CarryForecast, RefusesAPathThatLeadsOut) {
  EXPECT_FALSE(forecast_carry_over(git_, commit({{"a", {""}}}), path("old"), {"../x"}));
}

TEST_F(CarryForecast, AnswersAsTheCopyDoes) {
  const auto made = commit({{"shop/package-lock.json", {"other"}}});
  write(path("new/shop/package-lock.json"), "other");
  const auto done = carry_over({path("old"), path("new"), {"shop/node_modules"}});
  const auto foreseen = forecast_carry_over(git_, made, path("old"), {"shop/node_modules"});
  ASSERT_TRUE(done && foreseen);
  EXPECT_EQ(done->front().skipped, foreseen->front().skipped);
}

}  // namespace
}  // namespace livefix::releases
