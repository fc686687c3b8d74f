#include "control/webhook.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "control/kept_secret.h"
#include "model/sha256.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;

std::int64_t unix_now() {
  return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

}  // namespace

std::string webhook_signature(std::string_view secret, std::int64_t unix_seconds,
                              std::string_view body) {
  return fmt::format("t={},v1={}", unix_seconds,
                     hmac_sha256(secret, fmt::format("{}.{}", unix_seconds, body)));
}

Result<std::string> secret_of(const NotifySpec& receiver) {
  return read_secret({receiver.secret_file, receiver.secret_env},
                     {.file = "secret_file", .what = "its secret", .of_file = "the secret"});
}

DeliveryOutcome outcome_of_status(unsigned status, std::string_view reason,
                                  std::string_view retry_after) {
  using enum DeliveryOutcome::Kind;
  std::string what = WebAnswer{.status = status, .reason = ascii_only(reason)}.shown();
  if (status >= 200 && status < 300) return {delivered, std::move(what), {}};
  if (status >= 300 && status < 400) {
    return {given_up, what + ", and redirects are not followed; write the URL where it leads", {}};
  }
  const bool is_passing = status == 408 || status == 429 || status >= 500;
  return {is_passing ? again : given_up, std::move(what),
          is_passing ? pause_asked_for(retry_after) : Milliseconds{}};
}

Webhook::Webhook(asio::io_context& context, const NotifySpec& receiver, Milliseconds patience)
    : context_(context), receiver_(receiver), patience_(patience), client_(context, receiver.url) {}

void Webhook::deliver(const Notification& notification, Then then) {
  const bool is_signed = !receiver_.secret_file.empty() || !receiver_.secret_env.empty();
  const auto secret = is_signed ? secret_of(receiver_) : Result<std::string>(std::string());
  if (!secret) {
    asio::post(context_, [then = std::move(then), what = secret.error().message] {
      then({DeliveryOutcome::Kind::again, what, {}});
    });
    return;
  }
  WebPost post{receiver_.url.target,
               {{"Livefix-Event", notification.event}, {"Livefix-Delivery", notification.id}},
               notification.body};
  if (is_signed) {
    post.fields.emplace_back("Livefix-Signature",
                             webhook_signature(*secret, unix_now(), notification.body));
  }
  client_.post(std::move(post), patience_, [then = std::move(then)](const WebAnswer& answer) {
    if (answer.status == 0) return then({DeliveryOutcome::Kind::again, answer.reason, {}});
    then(outcome_of_status(answer.status, answer.reason, answer.retry_after));
  });
}

}  // namespace livefix::control
