// Delivers notifications to a command: sh -c, the JSON on its standard input, what it is about in
// its environment (docs/notifications.md). One that does not end in time is ended with all that it
// started. Its failure is told and not repeated. Owned by Notifier, used on the driver's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "control/delivery.h"
#include "control/session_ender.h"

namespace livefix::control {

// The last line that is not blank, at most 200 bytes of it, without control characters.
std::string last_line_of(std::string_view output);

class NotifyCommand final : public Courier {
 public:
  static constexpr Milliseconds kPatience{30'000};
  static constexpr Milliseconds kGrace{2'000};  // from SIGTERM to SIGKILL

  // `environment`: all of it but what the notification says. `context` must outlive this.
  NotifyCommand(boost::asio::io_context& context, std::string command,
                std::vector<std::string> environment, Milliseconds patience = kPatience);
  // Ends those that run.
  ~NotifyCommand() override;

  void deliver(const Notification& notification, Then then) override;

 private:
  struct Job;
  using Jobs = std::list<std::shared_ptr<Job>>;

  void read_on(const std::shared_ptr<Job>& job);
  void ended(const std::shared_ptr<Job>& job);
  void end(const std::shared_ptr<Job>& job, const DeliveryOutcome& outcome);

  boost::asio::io_context& context_;
  const std::string command_;
  const std::vector<std::string> environment_;
  const Milliseconds patience_;
  Jobs jobs_;
  SessionEnder ender_;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace livefix::control
