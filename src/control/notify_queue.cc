#include "control/notify_queue.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "base/duration_text.h"

namespace livefix::control {

NotifyQueue::NotifyQueue(boost::asio::io_context& context, Courier& courier, Handlers handlers,
                         NotifySchedule schedule)
    : context_(context),
      courier_(courier),
      handlers_(std::move(handlers)),
      schedule_(std::move(schedule)),
      timer_(context) {}

void NotifyQueue::put(Notification notification) {
  if (waiting_.size() >= kMost) drop_oldest();
  waiting_.push_back(std::move(notification));
  if (waiting_.size() == 1) begin_soon();
}

// Not the one that is on its way.
void NotifyQueue::drop_oldest() {
  ++dropped_;
  if (!std::exchange(is_full_, true)) {
    handlers_.warn(fmt::format("{} notifications wait for it; from now on the oldest are dropped",
                               waiting_.size()));
  }
  if (is_delivering_) {
    waiting_.erase(waiting_.begin() + 1);
    return;
  }
  timer_.cancel();
  leave_first();
  begin_soon();
}

void NotifyQueue::begin_soon() {
  boost::asio::post(context_, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) begin_next();
  });
}

void NotifyQueue::begin_next() {
  if (waiting_.empty() || is_delivering_) return;
  is_delivering_ = true;
  ++tries_;
  courier_.deliver(waiting_.front(),
                   [this, alive = std::weak_ptr(alive_)](const DeliveryOutcome& outcome) {
                     if (!alive.expired()) ended(outcome);
                   });
}

void NotifyQueue::ended(const DeliveryOutcome& outcome) {
  using enum DeliveryOutcome::Kind;
  is_delivering_ = false;
  const std::string event = waiting_.front().event;
  const auto pause = outcome.kind == again
                         ? schedule_.pause_after(tries_, outcome.at_least, handlers_.chance())
                         : std::nullopt;
  if (pause) {
    if (!std::exchange(is_in_trouble_, true)) {
      handlers_.warn(fmt::format("{} was not delivered: {}; it is tried again in {}", event,
                                 outcome.what, duration_text(*pause)));
    }
    timer_.expires_after(*pause);
    timer_.async_wait(
        [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
          if (!error && !alive.expired()) begin_next();
        });
    return;
  }
  if (outcome.kind == delivered) {
    is_in_trouble_ = false;
  } else {
    handlers_.warn(fmt::format("{} was not delivered{}: {}", event,
                               tries_ > 1 ? fmt::format(" in {} tries", tries_) : std::string(),
                               outcome.what));
  }
  leave_first();
  begin_next();
}

void NotifyQueue::leave_first() {
  const std::uint64_t sequence = waiting_.front().sequence;
  waiting_.pop_front();
  tries_ = 0;
  if (waiting_.empty() && std::exchange(is_full_, false)) {
    handlers_.warn(
        fmt::format("all that waited for it is done; {} were dropped since livefix's "
                    "control began",
                    dropped_));
  }
  if (sequence > 0) handlers_.settled(sequence);
}

}  // namespace livefix::control
