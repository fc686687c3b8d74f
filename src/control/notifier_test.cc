#include "control/notifier.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "control/inspection_harness.h"
#include "control/screen_harness.h"
#include "os/terminal.h"

namespace livefix::control {
namespace {

using Texts = std::vector<std::string>;

// What receivers were told, and what they say to it.
struct FakeReceivers {
  Texts told;                                    // "a promoted shop-2-..."
  std::map<std::string, Courier::Then> waiting;  // by receiver
};

class FakeCourier final : public Courier {
 public:
  FakeCourier(FakeReceivers& all, std::string name) : all_(all), name_(std::move(name)) {}
  void deliver(const Notification& notification, Then then) override {
    all_.told.push_back(name_ + " " + notification.id);
    all_.waiting[name_] = std::move(then);
  }

 private:
  FakeReceivers& all_;
  const std::string name_;
};

class NotifierTest : public testing::InspectionFixture {
 protected:
  void SetUp() override {
    InspectionFixture::SetUp();
    auto channel = os::open_pipe();
    ASSERT_TRUE(channel);
    screen_ = std::move(*channel);
    fcntl(screen_.reader.get(), F_SETFL, O_NONBLOCK);
    add_receiver("a");
  }
  void TearDown() override {
    close();
    InspectionFixture::TearDown();
  }
  NotifySpec& add_receiver(const std::string& host) {
    NotifySpec spec{{true, host, 443, "/secret-path"}, "", {}, {}, {}};
    for (const auto& [name, event] : kNotifyEvents) spec.events.push_back(event);
    return run_.receivers.emplace_back(std::move(spec));
  }
  void close() {
    notifier_.reset();
    office_.reset();
    receivers_ = {};
  }
  // As a control does that follows one which was killed.
  void open() {
    close();
    auto office = ReleaseOffice::open(context_, run_);
    ASSERT_TRUE(office) << office.error().message;
    office_ = std::move(*office);
    console_.emplace(context_, run_.output, screen_.writer.get(), screen_.writer.get());
    notifier_.emplace(context_, *office_, run_, Announcer(run_, *console_),
                      Notifier::Seams{[this](const NotifySpec& spec) {
                                        return std::make_unique<FakeCourier>(receivers_,
                                                                             spec.url.host);
                                      },
                                      [this] { return now_; }});
    notifier_->begin();
    turn();
  }
  void turn() {
    context_.restart();
    context_.poll();
  }
  // A record, and what follows it.
  void record(const Record& one) {
    ASSERT_TRUE(office_->record(one, "anna"));
    turn();
  }
  void promote(std::uint32_t rollout) {
    record(PromotedRecord{rollout, 1, {"shop"}, Milliseconds{1}, "live"});
  }
  void deliver(const std::string& receiver) {
    const auto then = std::exchange(receivers_.waiting.at(receiver), nullptr);
    ASSERT_TRUE(then);
    then({DeliveryOutcome::Kind::delivered, "200", {}});
  }
  // "a shop-2-7f3c2d1e" is "a 2".
  Texts told() const {
    Texts all;
    for (const std::string& one : receivers_.told) {
      const auto from = one.find('-') + 1;
      all.push_back(one.substr(0, one.find(' ') + 1) + one.substr(from, one.rfind('-') - from));
    }
    return all;
  }
  std::string shown() { return testing::shown_on(*console_, screen_.reader); }

  boost::asio::io_context context_;
  os::OutputChannel screen_;
  FakeReceivers receivers_;
  std::unique_ptr<ReleaseOffice> office_;
  std::optional<Console> console_;
  std::optional<Notifier> notifier_;
  WallTime now_ = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
};

TEST_F(NotifierTest, TellsWhatIsRecordedFromItsFirstStartOn) {
  open();
  promote(1);
  EXPECT_EQ(told(), Texts{"a 1"});
  record(PhaseRecord{1, "starting", {}});
  record(DriftRecord{1, "found", {"a.js"}, {}});
  deliver("a");
  EXPECT_EQ(told(), (Texts{"a 1", "a 3"}));
}

TEST_F(NotifierTest, WhoIsNewIsToldNothingOld) {
  open();
  promote(1);
  add_receiver("b");
  open();
  EXPECT_EQ(told(), Texts{"a 1"});
}

TEST_F(NotifierTest, WhatADeadControlHadNotDeliveredTheNextOneDoes) {
  open();
  promote(1);
  promote(2);
  deliver("a");
  const std::string id = receivers_.told.at(1);
  open();
  EXPECT_EQ(receivers_.told, Texts{id}) << "with the same id";
  deliver("a");
  open();
  EXPECT_EQ(told(), Texts{});
}

TEST_F(NotifierTest, AReceiverThatIsAwayHasOthersToldOnce) {
  add_receiver("b");
  open();
  promote(1);
  deliver("b");
  open();
  EXPECT_EQ(told(), Texts{"a 1"});
}

TEST_F(NotifierTest, WhatIsOlderThanAnHourIsNotTold) {
  open();
  promote(1);
  now_ += std::chrono::minutes{59};
  open();
  EXPECT_EQ(told(), Texts{"a 1"});
  now_ += std::chrono::minutes{2};
  open();
  EXPECT_EQ(told(), Texts{});
}

TEST_F(NotifierTest, TellsOnlyWhatIsAskedFor) {
  run_.receivers[0].events = {NotifyEvent::drift};
  open();
  promote(1);
  EXPECT_EQ(told(), Texts{});
  record(DriftRecord{1, "found", {"a.js"}, {}});
  EXPECT_EQ(told(), Texts{"a 2"});
}

TEST_F(NotifierTest, ASymptomIsToldOnce) {
  open();
  notifier_->notify({"7", "shop", "POST /pay 500", {}});
  turn();
  deliver("a");
  notifier_->notify({"7", "shop", "POST /pay 500", {}});
  turn();
  EXPECT_EQ(receivers_.told.size(), 1U);
}

TEST_F(NotifierTest, TriesEachOnceForATest) {
  add_receiver("b");
  open();
  std::optional<bool> went_well;
  std::string text;
  notifier_->test("anna", [&](bool ok, const std::string& said) {
    went_well = ok;
    text = said;
  });
  EXPECT_EQ(receivers_.told.size(), 2U);
  deliver("a");
  EXPECT_EQ(went_well, std::nullopt) << "b has not said anything yet";
  std::exchange(receivers_.waiting.at("b"),
                nullptr)({DeliveryOutcome::Kind::again, "503", Milliseconds{}});
  EXPECT_EQ(went_well, false);
  EXPECT_TRUE(text.starts_with("https://a: delivered in ")) << text;
  EXPECT_TRUE(text.ends_with("\nhttps://b: not delivered: 503")) << text;
  EXPECT_EQ(receivers_.told.size(), 2U) << "no second try";
}

TEST_F(NotifierTest, AWarningNamesTheReceiverWithoutItsPath) {
  open();
  promote(1);
  std::exchange(receivers_.waiting.at("a"),
                nullptr)({DeliveryOutcome::Kind::given_up, "404 Not Found", {}});
  const auto text = shown();
  EXPECT_NE(text.find("https://a: promoted was not delivered: 404 Not Found"), std::string::npos)
      << text;
  EXPECT_EQ(text.find("secret-path"), std::string::npos);
}

}  // namespace
}  // namespace livefix::control
