// What one receiver is still to be told, oldest first, one at a time. A delivery that fails is
// tried again after a pause, and what comes meanwhile waits behind it; when too many wait, the
// oldest goes. Owned by Notifier, used on the driver's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "control/delivery.h"
#include "control/notify_schedule.h"

namespace livefix::control {

class NotifyQueue {
 public:
  static constexpr std::size_t kMost = 256;

  struct Handlers {
    std::function<void(const std::string&)> warn;  // a sentence without the receiver's name
    // All up to this sequence of the ledger were delivered, given up or dropped.
    std::function<void(std::uint64_t)> settled;
    std::function<double()> chance;  // from 0 to 1
  };

  // `context` and `courier` must outlive this.
  NotifyQueue(boost::asio::io_context& context, Courier& courier, Handlers handlers,
              NotifySchedule schedule = {});

  // Begins nothing itself: whoever records an event does not wait for a file or a process.
  void put(Notification notification);

  std::size_t size() const { return waiting_.size(); }
  std::uint64_t dropped() const { return dropped_; }

 private:
  void begin_soon();
  void begin_next();
  void ended(const DeliveryOutcome& outcome);
  void drop_oldest();
  void leave_first();

  boost::asio::io_context& context_;
  Courier& courier_;
  const Handlers handlers_;
  const NotifySchedule schedule_;
  boost::asio::steady_timer timer_;
  std::deque<Notification> waiting_;  // the first one is being delivered, or waits for its next try
  std::size_t tries_ = 0;             // of the first one
  bool is_delivering_ = false;
  bool is_in_trouble_ = false;  // which was told
  bool is_full_ = false;        // which was told
  std::uint64_t dropped_ = 0;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace livefix::control
