#include "control/rollout_symptoms.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <memory>

#include "control/inspection_harness.h"
#include "control/screen_harness.h"
#include "os/terminal.h"

namespace livefix::control {
namespace {

class RolloutSymptomsTest : public testing::InspectionFixture {
 protected:
  void SetUp() override {
    InspectionFixture::SetUp();
    screen_ = std::move(*os::open_pipe());
    fcntl(screen_.reader.get(), F_SETFL, O_NONBLOCK);
    office_ = std::move(*ReleaseOffice::open(context_, run_));
    console_.emplace(context_, run_.output, screen_.writer.get(), screen_.writer.get());
    symptoms_.emplace(
        context_, *office_,
        [this](std::span<const ReleaseChange> changes) {
          ++judged_;
          asked_.assign(changes.begin(), changes.end());
          return found_;
        },
        Announcer(run_, *console_), Milliseconds{1});
    office_->record(RolloutRecord{3, 1, "7f3c2d1e", "fix", "", {"shop"}}, "anna").value();
  }
  static JudgedSymptom gone() {
    return {
        "29ab674d34", "POST /checkout 500", {observe::Change::gone, {{412, 6'645}, {0, 1'208}}}};
  }
  std::string shown() { return testing::shown_on(*console_, screen_.reader); }

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  os::OutputChannel screen_;
  std::unique_ptr<ReleaseOffice> office_;
  std::optional<Console> console_;
  std::optional<RolloutSymptoms> symptoms_;
  std::vector<JudgedSymptom> found_{gone()};
  std::vector<ReleaseChange> asked_;
  int judged_ = 0;
  const EndedRollout promoted_{3, "7f3c2d1", {{"shop", "a1b2c3d", "7f3c2d1"}}, true};
  const std::string said_ = "POST /checkout 500: 6.2 % → 0 % of 1,208 requests: gone";
};

TEST_F(RolloutSymptomsTest, SaysWhichAreGoneWhereTheReleaseRunsOn) {
  std::vector<std::string> gone;
  symptoms_->on_gone([&](std::string_view id) { gone.emplace_back(id); });
  EndedRollout taken_back = promoted_;
  taken_back.promoted = false;
  symptoms_->judge(taken_back);
  EXPECT_TRUE(gone.empty());
  symptoms_->judge(promoted_);
  EXPECT_EQ(gone, std::vector<std::string>{"29ab674d34"});
}

TEST_F(RolloutSymptomsTest, TellsWhoeverPushedTheOperatorAndTheLedger) {
  EXPECT_EQ(symptoms_->judge(promoted_), std::vector{said_});
  EXPECT_EQ(asked_.front().before, "a1b2c3d");
  EXPECT_NE(shown().find("rollout of 7f3c2d1 → " + said_), std::string::npos);
  EXPECT_EQ(office_->book().story(3)->symptoms, std::vector{said_});
  EXPECT_TRUE(office_->ledger().verify());
}

TEST_F(RolloutSymptomsTest, JudgesWhatWasPromotedOnceMore) {
  symptoms_->judge(promoted_);
  while (judged_ < 2) context_.run_one();
  EXPECT_EQ(office_->book().story(3)->symptoms, (std::vector{said_, "later: " + said_}));
  EXPECT_NE(shown().find("after 100 % · " + said_), std::string::npos);
  work_.reset();
  context_.run();
  EXPECT_EQ(judged_, 2) << "and then not again";
}

TEST_F(RolloutSymptomsTest, WhatWasTakenBackIsJudgedOnce) {
  symptoms_->judge({3, "7f3c2d1", {{"shop", "a1b2c3d", "7f3c2d1"}}, false});
  work_.reset();
  context_.run();
  EXPECT_EQ(judged_, 1);
}

TEST_F(RolloutSymptomsTest, ARollbackIsJudgedWhenThereWereRequests) {
  EXPECT_TRUE(symptoms_->judge({3, "7f3c2d1", promoted_.changes, true, true}).empty());
  EXPECT_EQ(judged_, 0);
  work_.reset();
  context_.run();
  EXPECT_EQ(judged_, 1);
  EXPECT_NE(shown().find("rollback to 7f3c2d1 → "), std::string::npos);
  EXPECT_EQ(office_->book().story(3)->symptoms, std::vector{"later: " + said_});
}

TEST_F(RolloutSymptomsTest, TheNextOneIsNotWaitedFor) {
  symptoms_->judge(promoted_);
  const std::size_t before = office_->ledger().head().sequence;
  symptoms_->judge({4, "8a4d3e2", {{"shop", "7f3c2d1", "8a4d3e2"}}, true});
  EXPECT_EQ(judged_, 3);
  EXPECT_EQ(office_->ledger().head().sequence, before + 2);
}

TEST_F(RolloutSymptomsTest, WhereNothingFailsNothingIsSaid) {
  found_.clear();
  EXPECT_TRUE(symptoms_->judge(promoted_).empty());
  EXPECT_TRUE(office_->book().story(3)->symptoms.empty());
  found_ = {gone()};
  EXPECT_TRUE(symptoms_->judge({3, "7f3c2d1", {}, true}).empty()) << "a first start";
}

}  // namespace
}  // namespace livefix::control
