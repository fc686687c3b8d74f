// For tests: a repository with a release that runs, and the store that control looks through.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "control/commit_store.h"
#include "control/release_drift.h"
#include "releases/git_fixture.h"
#include "releases/tree_survey.h"

namespace livefix::control::testing {

class InspectionFixture : public releases::GitFixture {
 protected:
  void SetUp() override {
    GitFixture::SetUp();
    run_.name = "shop";
    run_.commits = CommitSpec{.state_directory = root_};
    run_.commits->livefix = "/bin/true";
    run_.services = {service("shop")};
  }

  static ServiceSpec service(const std::string& name, const std::string& place = "") {
    ServiceSpec service;
    service.name = name;
    service.place = place;
    return service;
  }

  // After the services are as the test wants them.
  CommitStore& open_store() {
    auto store = CommitStore::open(run_);
    EXPECT_TRUE(store) << store.error().message;
    store_.emplace(std::move(*store));
    return *store_;
  }
  // Laid out; what it is to the book.
  RunningRelease lay_out(const releases::ObjectId& commit,
                         const std::vector<std::string>& services = {"shop"}) {
    const auto survey = releases::survey_tree(store_->git(), commit, "");
    EXPECT_TRUE(survey);
    const auto laid_out = store_->lay_out(commit.hex(), {}, {}, {}, *survey);
    EXPECT_TRUE(laid_out) << laid_out.error().message;
    return {1, releases::release_id(commit), commit.short_hex(), commit.hex(), services};
  }
  std::string file_of(const RunningRelease& release, const std::string& name) const {
    return path("releases/" + release.id + "/" + name);
  }

  RunSpec run_;
  std::optional<CommitStore> store_;
};

}  // namespace livefix::control::testing
