#include "control/notify_queue.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <utility>
#include <vector>

namespace livefix::control {
namespace {

using Texts = std::vector<std::string>;

// Ends a delivery when the test says so.
class HeldCourier final : public Courier {
 public:
  void deliver(const Notification& notification, Then then) override {
    EXPECT_FALSE(then_) << "one at a time";
    ids.push_back(notification.id);
    then_ = std::move(then);
  }
  void end(DeliveryOutcome::Kind kind, Milliseconds at_least = {}) {
    ASSERT_TRUE(then_);
    std::exchange(then_, nullptr)({kind, "500", at_least});
  }
  bool is_busy() const { return static_cast<bool>(then_); }

  Texts ids;

 private:
  Then then_;
};

class NotifyQueueTest : public ::testing::Test {
 protected:
  using enum DeliveryOutcome::Kind;

  NotifyQueueTest() { make({.pauses = {Milliseconds{1}, Milliseconds{1}}}); }

  void make(NotifySchedule schedule) {
    queue_ = std::make_unique<NotifyQueue>(
        context_, courier_,
        NotifyQueue::Handlers{[this](const std::string& text) { warnings_.push_back(text); },
                              [this](std::uint64_t sequence) { settled_.push_back(sequence); },
                              [] { return 0.0; }},
        std::move(schedule));
  }
  void put(std::uint64_t sequence) {
    const auto tries = courier_.ids.size();
    queue_->put({"promoted", std::to_string(sequence), "{}", sequence});
    EXPECT_EQ(courier_.ids.size(), tries) << "not from within";
    context_.restart();
    context_.poll();
  }
  // Until the next try has begun.
  void wait_for_try() {
    const auto tries = courier_.ids.size();
    context_.restart();
    while (courier_.ids.size() == tries && context_.run_one() > 0) {
    }
    ASSERT_EQ(courier_.ids.size(), tries + 1);
  }

  boost::asio::io_context context_;
  HeldCourier courier_;
  Texts warnings_;
  std::vector<std::uint64_t> settled_;
  std::unique_ptr<NotifyQueue> queue_;
};

TEST_F(NotifyQueueTest, DeliversOneBehindTheOther) {
  put(1);
  put(2);
  EXPECT_EQ(courier_.ids, Texts{"1"});
  courier_.end(delivered);
  EXPECT_EQ(courier_.ids, (Texts{"1", "2"}));
  courier_.end(delivered);
  EXPECT_EQ(settled_, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(queue_->size(), 0U);
  EXPECT_EQ(warnings_, Texts{});
}

TEST_F(NotifyQueueTest, TriesAgainWithTheSameIdAndKeepsTheOrder) {
  put(1);
  put(2);
  courier_.end(again);
  wait_for_try();
  EXPECT_EQ(courier_.ids, (Texts{"1", "1"}));
  EXPECT_EQ(settled_, std::vector<std::uint64_t>{});
  courier_.end(delivered);
  EXPECT_EQ(courier_.ids, (Texts{"1", "1", "2"}));
  EXPECT_EQ(warnings_, Texts{"promoted was not delivered: 500; it is tried again in 1 ms"});
}

TEST_F(NotifyQueueTest, GivesUpAfterTheLastPauseAndGoesOn) {
  put(1);
  put(2);
  courier_.end(again);
  wait_for_try();
  courier_.end(again);
  wait_for_try();
  courier_.end(again);
  EXPECT_EQ(courier_.ids, (Texts{"1", "1", "1", "2"}));
  EXPECT_EQ(settled_, std::vector<std::uint64_t>{1});
  EXPECT_EQ(warnings_.back(), "promoted was not delivered in 3 tries: 500");
}

TEST_F(NotifyQueueTest, GivesUpAtOnceWhatWillNotGoBetter) {
  put(1);
  courier_.end(given_up);
  EXPECT_EQ(courier_.ids, Texts{"1"});
  EXPECT_EQ(settled_, std::vector<std::uint64_t>{1});
  EXPECT_EQ(warnings_, Texts{"promoted was not delivered: 500"});
}

TEST_F(NotifyQueueTest, DropsTheOldestButTheOneOnItsWayAndCountsThem) {
  for (std::uint64_t i = 1; i <= NotifyQueue::kMost + 2; ++i) put(i);
  EXPECT_EQ(queue_->size(), NotifyQueue::kMost);
  EXPECT_EQ(queue_->dropped(), 2U);
  EXPECT_EQ(warnings_.size(), 1U) << "it is told once";
  courier_.end(delivered);
  EXPECT_EQ(courier_.ids, (Texts{"1", "4"})) << "2 and 3 were dropped";
}

TEST_F(NotifyQueueTest, DropsAlsoTheOneThatWaitsForItsNextTry) {
  make({.pauses = {Milliseconds{3'600'000}}});
  put(1);
  courier_.end(again);
  for (std::uint64_t i = 2; i <= NotifyQueue::kMost + 1; ++i) put(i);
  EXPECT_EQ(courier_.ids, (Texts{"1", "2"}));
  EXPECT_EQ(settled_, std::vector<std::uint64_t>{1});
  EXPECT_EQ(queue_->size(), NotifyQueue::kMost);
}

TEST_F(NotifyQueueTest, AnOutcomeThatComesAfterItsEndIsNobodys) {
  put(1);
  queue_.reset();
  courier_.end(delivered);
  EXPECT_EQ(settled_, std::vector<std::uint64_t>{});
}

}  // namespace
}  // namespace livefix::control
