// Delivers notifications to a URL: a POST of JSON, signed where there is a secret
// (docs/notifications.md). Owned by Notifier, used on the driver's thread; names are looked up on a
// thread of Asio's own. A secret is read anew for each try, so that it can be replaced.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "control/delivery.h"
#include "model/notify_spec.h"

namespace livefix::control {

// "t=1764151200,v1=5257a869...": HMAC-SHA-256 with `secret` over "1764151200.BODY".
std::string webhook_signature(std::string_view secret, std::int64_t unix_seconds,
                              std::string_view body);

// Without the end of its line. The error names where it was looked for, not what was found.
Result<std::string> secret_of(const NotifySpec& receiver);

// What an answer means. `retry_after`: that field, seconds; empty or a date: nothing is asked for.
DeliveryOutcome outcome_of_status(unsigned status, std::string_view reason,
                                  std::string_view retry_after);

class Webhook final : public Courier {
 public:
  static constexpr Milliseconds kPatience{10'000};  // of a try

  // `context` and `receiver` must outlive this.
  Webhook(boost::asio::io_context& context, const NotifySpec& receiver,
          Milliseconds patience = kPatience);
  ~Webhook() override;

  void deliver(const Notification& notification, Then then) override;

 private:
  struct Attempt;
  struct Tls;

  boost::asio::io_context& context_;
  const NotifySpec& receiver_;
  const Milliseconds patience_;
  std::unique_ptr<Tls> tls_;  // of the first try that needs it
};

}  // namespace livefix::control
