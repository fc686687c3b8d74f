#include "control/notification.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace livefix::control {
namespace {

constexpr auto kCommit = "7f3c2d1e7f3c2d1e7f3c2d1e7f3c2d1e7f3c2d1e";

class NotificationTest : public ::testing::Test {
 protected:
  NotificationTest() {
    run_.name = "shop";
    run_.commits.emplace();
    for (const auto* name : {"web", "cart"}) run_.services.emplace_back().name = name;
    run_.services[0].traffic.record.redact = {"iban"};
    book_.enter(ReleaseRecord{1, kCommit, "7f3c2d1", "/releases/7f3c2d1", "add a cart", "Anna"},
                "anna", {});
    book_.enter(RolloutRecord{3, 1, kCommit, "add a cart", {}, {"web"}}, "anna", {});
  }

  Notification told(const Record& record, std::string_view who = "anna") {
    book_.enter(record, who, kAt);
    ledger::Hash hash{0x1f, 0x2e, 0x3d, 0x4c, 0x5b};
    return notification_of({42, hash, kAt, who, record}, book_, run_);
  }
  static boost::json::value json(const std::string& text) { return boost::json::parse(text); }

  static constexpr WallTime kAt{Milliseconds{1'764'151'200'250}};
  RunSpec run_;
  ReleaseBook book_;
};

TEST_F(NotificationTest, TellsWhatWasPromoted) {
  const auto sent = told(PromotedRecord{3, 1, {"web"}, Milliseconds{21'400}, "100 %"});
  EXPECT_EQ(sent.event, "promoted");
  EXPECT_EQ(sent.id, "shop-42-1f2e3d4c");
  EXPECT_EQ(sent.sequence, 42U);
  EXPECT_EQ(json(sent.body), json(R"({"event":"promoted","id":"shop-42-1f2e3d4c","run":"shop",
      "services":["web"],"time":"2025-11-26T10:00:00.250Z","who":"anna",
      "rollout":{"id":3,"release":"7f3c2d1","commit":"7f3c2d1e7f3c2d1e7f3c2d1e7f3c2d1e7f3c2d1e",
      "subject":"add a cart","message":"100 %","took_ms":21400}})"));
}

TEST_F(NotificationTest, TellsWhatWasTakenBackWithoutTheLinesOfTheProgram) {
  const auto sent = told(FailedRecord{3, "taken_back", "errors",
                                      "too many errors: password=hunter2, iban: DE123456\n    key",
                                      Milliseconds{5}});
  EXPECT_EQ(sent.event, "taken_back");
  const auto body = json(sent.body);
  const auto& rollout = body.at("rollout");
  EXPECT_EQ(rollout.at("gate").as_string(), "errors");
  EXPECT_EQ(rollout.at("commit").as_string(), kCommit);
  EXPECT_TRUE(rollout.at("message").as_string().starts_with("too many errors: "));
  for (const auto* secret : {"hunter2", "DE123456", "key"}) {
    EXPECT_EQ(sent.body.find(secret), std::string::npos) << sent.body;
  }
  EXPECT_EQ(told(FailedRecord{3, "refused", "commit", "no", Milliseconds{}}).event, "refused");
}

TEST_F(NotificationTest, ARolloutThatNobodyKnowsAnyMoreIsToldOfAllTheSame) {
  const auto sent = told(FailedRecord{900, "taken_back", "errors", "no", Milliseconds{}});
  EXPECT_EQ(json(sent.body).at("rollout").at("commit").as_string(), "");
}

TEST_F(NotificationTest, TellsOfDriftWithABoundedNumberOfFiles) {
  told(PromotedRecord{3, 1, {"web"}, Milliseconds{}, ""});
  const std::vector<std::string> files(1'000, "\xff.js");
  const auto sent = told(DriftRecord{1, "found", files, {}}, "livefix");
  const auto body = json(sent.body);
  EXPECT_EQ(body.at("services"), json(R"(["web"])"));
  EXPECT_EQ(body.at("drift").at("what").as_string(), "found");
  EXPECT_EQ(body.at("drift").at("count").as_int64(), 1'000);
  EXPECT_EQ(body.at("drift").at("files").as_array().size(), 100U);
  EXPECT_EQ(body.at("drift").at("release").as_string(), "7f3c2d1");
}

TEST_F(NotificationTest, NobodyIsToldOfNotes) {
  EXPECT_EQ(event_of(PhaseRecord{3, "starting", {}}), std::nullopt);
  EXPECT_EQ(event_of(CommandRecord{3, "pause"}), std::nullopt);
  EXPECT_EQ(event_of(RollbackRecord{4, 1, {"web"}, "back"}), NotifyEvent::rollback);
}

TEST_F(NotificationTest, ASymptomIsOneLine) {
  observe::Symptom symptom;
  symptom.key = {"web", "GET", "/cart/:id", 502, "backend closed", "Error: oh"};
  symptom.by_release.add("7f3c2d1", 1);
  const SymptomNotice notice = notice_of(symptom);
  EXPECT_EQ(notice.text, "GET /cart/:id 502 backend closed: Error: oh");
  EXPECT_EQ(notice.service, "web");
  EXPECT_EQ(notice.release, "7f3c2d1");
}

TEST_F(NotificationTest, TellsOfASymptom) {
  const auto sent =
      notification_of({"7", "web", "POST /pay 500 token=hunter2", "7f3c2d1"}, run_, kAt);
  EXPECT_EQ(sent.sequence, 0U);
  EXPECT_EQ(json(sent.body).at("symptom").at("id").as_string(), "7");
  EXPECT_EQ(sent.body.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace livefix::control
