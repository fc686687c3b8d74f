#include "control/release_plan.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "control/inspection_harness.h"
#include "control/release_diff.h"

namespace livefix::control {
namespace {

using releases::FixtureTree;

class ReleasePlan : public testing::InspectionFixture {
 protected:
  CommitForecast plan(const std::string& revision, const RunningReleases& running,
                      const std::map<std::string, std::string>& directories = {}) {
    auto result = forecast(*store_, {revision, running, directories});
    EXPECT_TRUE(result) << result.error().message;
    return std::move(*result);
  }
  static Way way(const CommitForecast& forecast, std::size_t service, bool serves,
                 bool has_fixed_port = false) {
    const ServiceSpec spec;
    return way_of(forecast.findings.services.at(service), {spec, serves, has_fixed_port});
  }
};

TEST_F(ReleasePlan, KnowsWhichServicesAPushMoves) {
  run_.services = {service("api", "api"), service("web", "web")};
  open_store();
  const auto first = commit({{"api/a", {"1"}}, {"web/w", {"1"}}});
  const auto second = commit({{"api/a", {"2"}}, {"api/b", {"1"}}, {"web/w", {"1"}}, {"x", {""}}});
  const auto found = plan("", {{"api", {first.hex()}}, {"web", {first.hex()}}});
  EXPECT_EQ(found.findings.commit.id, second);
  EXPECT_EQ(way(found, 0, true), Way::handover);
  EXPECT_EQ(way(found, 0, true, true), Way::hold);
  EXPECT_EQ(way(found, 0, false), Way::first_start);
  EXPECT_EQ(way(found, 1, true), Way::nothing);
  EXPECT_EQ(found.changes[0].count, 2U) << "of its own place";
  EXPECT_EQ(found.changes[0].files[1], (releases::ChangedFile{'A', "api/b"}));
  EXPECT_FALSE(found.is_forced);
}

TEST_F(ReleasePlan, ListsSomeOfManyFiles) {
  open_store();
  const auto first = commit({{"a", {"1"}}});
  FixtureTree many;
  for (int i = 0; i < 150; ++i) many[fmt::format("f{}", i)] = {"x"};
  commit(many);
  const auto found = plan("main", {{"shop", {first.hex()}}});
  EXPECT_EQ(found.changes[0].count, 151U);
  EXPECT_EQ(found.changes[0].files.size(), CommitForecast::kMostFiles);
}

TEST_F(ReleasePlan, SaysWhyACommitWouldBeRefused) {
  run_.services = {service("api", "api"), service("web")};
  open_store();
  commit({{"lib", {std::string(40, 'a'), "160000"}}, {"w", {""}}}, "try");
  const auto found = plan("try", {});
  EXPECT_EQ(way(found, 0, true), Way::refused);
  EXPECT_NE(found.findings.services[0].refusal.find("no directory api"), std::string::npos);
  EXPECT_EQ(way(found, 1, true), Way::refused);
  EXPECT_NE(found.findings.services[1].refusal.find("submodules"), std::string::npos);
  EXPECT_EQ(found.findings.first_refusal(), found.findings.services[0].refusal);
}

TEST_F(ReleasePlan, AsksForSignaturesWherePushesDo) {
  write(path("signers"),
        "anna@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGvWbOKlpGRhYlhcN\n");
  run_.commits->allowed_signers = path("signers");
  open_store();
  commit({{"a", {"1"}}});
  EXPECT_NE(plan("", {}).findings.refusal, "");
}

TEST_F(ReleasePlan, SeesAForcedPushAndAReleaseThatIsThere) {
  open_store();
  const auto first = commit({{"a", {"1"}}});
  commit({{"a", {"2"}}});
  EXPECT_TRUE(plan(first.hex(), {}).is_forced);
  EXPECT_FALSE(plan(first.hex(), {}).is_built);
  lay_out(first);
  ASSERT_TRUE(store_->mark_built(releases::release_id(first), true));
  EXPECT_TRUE(plan(first.hex(), {}).is_built);
}

TEST_F(ReleasePlan, SaysWhatIsCarriedOver) {
  run_.services[0].keep = {"node_modules"};
  open_store();
  const auto first = commit({{"package-lock.json", {"1"}}, {"a", {"1"}}});
  const auto runs = lay_out(first);
  write(file_of(runs, "node_modules/x.js"), "x");
  commit({{"package-lock.json", {"1"}}, {"a", {"2"}}});
  const auto directory = path("releases/" + runs.id);
  const RunningReleases running{{"shop", {first.hex()}}};
  EXPECT_EQ(plan("", running, {{"shop", directory}}).carried.at(0).skipped, "");
  commit({{"package-lock.json", {"2"}}});
  EXPECT_EQ(plan("", running, {{"shop", directory}}).carried.at(0).skipped,
            "package-lock.json changed");
}

TEST_F(ReleasePlan, NamesWhatIsNotThere) {
  open_store();
  EXPECT_NE(forecast(*store_, {}).error().message.find("nothing was pushed to main"),
            std::string::npos);
  EXPECT_NE(forecast(*store_, {"nowhere", {}, {}}).error().message.find("nowhere"),
            std::string::npos);
  EXPECT_FALSE(forecast(*store_, {"--all", {}, {}}));
}

TEST_F(ReleasePlan, HasTheStepsThatTheServiceGoesThrough) {
  open_store();
  commit({{"a", {"1"}}});
  const auto found = plan("", {});
  const auto steps = [&](bool serves, bool has_fixed_port) {
    const auto plan =
        plan_json(found, *run_.commits, {.services = {{run_.services[0], serves, has_fixed_port}}});
    return boost::json::serialize(plan.at("services").at(0).at("rollout").at("steps"));
  };
  EXPECT_EQ(steps(true, false), "[5,50,100]");
  EXPECT_EQ(steps(true, true), "[100]");
  EXPECT_EQ(steps(false, false), "[100]");
}

TEST_F(ReleasePlan, DoesNotBuildWhatWasBuilt) {
  run_.services[0].build = BuildStep{.command = {"npm", "ci"}};
  open_store();
  const auto first = commit({{"a", {"1"}}});
  const auto build = [&](const std::vector<std::string>& built) {
    const auto plan = plan_json(this->plan("", {}), *run_.commits,
                                {.services = {{run_.services[0]}}, .built = built});
    return boost::json::serialize(plan.at("services").at(0).at("build"));
  };
  EXPECT_EQ(build({}), "\"npm ci\"");
  lay_out(first);
  EXPECT_EQ(build({"shop"}), "\"npm ci\"") << "half a build is made anew";
  ASSERT_TRUE(store_->mark_built(releases::release_id(first), true));
  EXPECT_EQ(build({"shop"}), "null");
  EXPECT_EQ(build({"cart"}), "\"npm ci\"");
}

TEST_F(ReleasePlan, ADiffIsOfWhatRuns) {
  run_.services = {service("api", "api"), service("web", "web")};
  open_store();
  const auto first = commit({{"api/a", {"1\n"}}, {"web/w", {"1\n"}}, {"top", {"1\n"}}});
  const auto second = commit({{"api/a", {"2\n"}}, {"web/w", {"1\n"}}, {"top", {"2\n"}}});
  const auto third = commit({{"api/a", {"3\n"}}, {"web/w", {"3\n"}}, {"top", {"3\n"}}});
  const auto one = diff_to(*store_, "", {{"api", {first.hex()}}, {"web", {first.hex()}}});
  ASSERT_TRUE(one && one->size() == 1);
  EXPECT_NE(one->front().diff.text.find("-1\n+3\n"), std::string::npos);
  EXPECT_NE(one->front().diff.text.find("top"), std::string::npos);
  const auto two = diff_to(*store_, third.hex(), {{"api", {second.hex()}}, {"web", {first.hex()}}});
  ASSERT_TRUE(two && two->size() == 2);
  EXPECT_EQ(two->front().diff.text.find("web/w"), std::string::npos);
  EXPECT_EQ(two->front().diff.text.find("top"), std::string::npos);
  EXPECT_NE(two->back().diff.text.find("web/w"), std::string::npos);
  EXPECT_FALSE(diff_to(*store_, "", {}));
}

}  // namespace
}  // namespace livefix::control
