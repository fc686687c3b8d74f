// Delivers notifications to a URL: a POST of JSON, signed where there is a secret
// (docs/notifications.md). Owned by Notifier, used on the driver's thread. A secret is
// read anew for each try, so that it can be replaced.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "control/delivery.h"
#include "control/web_client.h"
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

  void deliver(const Notification& notification, Then then) override;

 private:
  boost::asio::io_context& context_;
  const NotifySpec& receiver_;
  const Milliseconds patience_;
  WebClient client_;
};

}  // namespace livefix::control
