#include "control/notifier.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/duration_text.h"
#include "control/notify_command.h"
#include "control/webhook.h"
#include "os/spawn.h"

namespace livefix::control {
namespace {

// A command needs no secret of a webhook, nor of a collector.
std::vector<std::string> command_environment(const RunSpec& run, const std::string& mark) {
  auto environment = os::environment_with({mark, "LIVEFIX_RUN=" + run.name});
  std::vector<std::string> secrets;
  for (const NotifySpec& receiver : run.receivers) secrets.push_back(receiver.secret_env);
  for (const OtlpHeader& header : run.otlp ? run.otlp->headers : std::vector<OtlpHeader>()) {
    secrets.push_back(header.env);
  }
  for (const std::string& name : secrets) {
    if (name.empty()) continue;
    std::erase_if(environment,
                  [&](const std::string& entry) { return entry.starts_with(name + "="); });
  }
  return environment;
}

Notifier::Seams real_seams(boost::asio::io_context& context, const RunSpec& run,
                           const std::string& mark) {
  return {.make_courier = [&context, &run,
                           mark](const NotifySpec& receiver) -> std::unique_ptr<Courier> {
            if (receiver.command.empty()) return std::make_unique<Webhook>(context, receiver);
            return std::make_unique<NotifyCommand>(context, receiver.command,
                                                   command_environment(run, mark));
          },
          .now = [] { return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()); }};
}

// What one try of each came to, in the order of the receivers.
struct TestOutcomes {
  std::vector<std::string> lines;
  std::size_t missing = 0;
  bool ok = true;
  std::function<void(bool ok, const std::string& text)> then;
};

}  // namespace

bool Notifier::Receiver::wants(NotifyEvent event) const {
  return std::ranges::find(spec.events, event) != spec.events.end();
}

Notifier::Notifier(boost::asio::io_context& context, ReleaseOffice& office, const RunSpec& run,
                   const std::string& mark, Announcer announcer)
    : Notifier(context, office, run, std::move(announcer), real_seams(context, run, mark)) {}

Notifier::Notifier(boost::asio::io_context& context, ReleaseOffice& office, const RunSpec& run,
                   Announcer announcer, Seams seams)
    : office_(office),
      run_(run),
      announcer_(std::move(announcer)),
      now_(std::move(seams.now)),
      cursor_(run.commits->state_directory + "/notified"),
      random_(std::random_device()()) {
  for (const NotifySpec& spec : run.receivers) {
    Receiver receiver{spec, spec.key(), seams.make_courier(spec), {}};
    NotifyQueue::Handlers handlers{
        [this, &spec](const std::string& text) {
          announcer_.warn(fmt::format("{}: {}", spec.shown(), text));
        },
        [this, key = receiver.key](std::uint64_t sequence) { settled(key, sequence); },
        [this] { return std::uniform_real_distribution<double>()(random_); }};
    receiver.queue = std::make_unique<NotifyQueue>(context, *receiver.courier, std::move(handlers),
                                                   seams.schedule);
    receivers_.push_back(std::move(receiver));
  }
}

void Notifier::begin() {
  if (receivers_.empty()) return;
  if (const auto taken_up = take_up(); !taken_up) {
    announcer_.warn("notifications: " + taken_up.error().message);
  }
  office_.observe([this](const Recorded& recorded) { on_record(recorded); });
}

Status Notifier::take_up() {
  const auto read = cursor_.read();
  std::vector<std::string> keys;
  for (const Receiver& receiver : receivers_) keys.push_back(receiver.key);
  const std::uint64_t end = office_.ledger().head().sequence;
  const auto written = cursor_.begin(keys, end);
  std::uint64_t from = end;
  for (const std::string& key : keys) from = std::min(from, cursor_.of(key).value_or(end));
  const auto replayed = office_.for_each(from + 1, [this](const Recorded& recorded) {
    if (now_() - recorded.at < kOldest) on_record(recorded);
  });
  if (!read) return read;
  return written ? replayed : written;
}

void Notifier::on_record(const Recorded& recorded) {
  const auto event = event_of(recorded.record);
  if (!event) return;
  std::optional<Notification> notification;
  for (Receiver& receiver : receivers_) {
    const bool is_told = cursor_.of(receiver.key).value_or(0) >= recorded.sequence;
    if (is_told || !receiver.wants(*event)) continue;
    if (!notification) notification = notification_of(recorded, office_.book(), run_);
    receiver.queue->put(*notification);
  }
}

void Notifier::settled(const std::string& key, std::uint64_t sequence) {
  const auto moved = cursor_.move(key, sequence);
  const bool was_told = std::exchange(cursor_trouble_told_, !moved);
  if (moved || was_told) return;
  announcer_.warn(
      fmt::format("{}; what is delivered now may come once more when livefix starts again",
                  moved.error().message));
}

void Notifier::notify(const SymptomNotice& symptom) {
  const bool is_wanted = std::ranges::any_of(
      receivers_, [](const Receiver& receiver) { return receiver.wants(NotifyEvent::symptom); });
  if (!is_wanted || !symptom_rate_.allows(symptom.id, Clock::now())) return;
  const Notification notification = notification_of(symptom, run_, now_());
  for (Receiver& receiver : receivers_) {
    if (receiver.wants(NotifyEvent::symptom)) receiver.queue->put(notification);
  }
}

void Notifier::test(const std::string& who,
                    std::function<void(bool ok, const std::string& text)> then) {
  if (receivers_.empty()) {
    return then(false,
                "nobody is to be told: the configuration that livefix was started with has "
                "no [[notify]]");
  }
  const auto outcomes = std::make_shared<TestOutcomes>();
  outcomes->lines.resize(receivers_.size());
  outcomes->missing = receivers_.size();
  outcomes->then = std::move(then);
  const Notification notification = test_notification(run_, who, now_());
  for (std::size_t i = 0; i < receivers_.size(); ++i) {
    receivers_[i].courier->deliver(
        notification, [outcomes, i, began = Clock::now(),
                       shown = receivers_[i].spec.shown()](const DeliveryOutcome& outcome) {
          const bool ok = outcome.kind == DeliveryOutcome::Kind::delivered;
          const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - began);
          outcomes->ok = outcomes->ok && ok;
          outcomes->lines[i] =
              ok ? fmt::format("{}: delivered in {}: {}", shown, duration_text(took), outcome.what)
                 : fmt::format("{}: not delivered: {}", shown, outcome.what);
          if (--outcomes->missing > 0) return;
          outcomes->then(outcomes->ok, fmt::format("{}", fmt::join(outcomes->lines, "\n")));
        });
  }
}

std::vector<ControlApi::Route> notify_routes(const std::function<Notifier*()>& notifier,
                                             const std::function<std::string()>& trouble) {
  return {{ControlApi::Method::post,
           "/v1/notify/test",
           {"who"},
           [notifier, trouble](const ApiRequest& request, const ApiReply& reply) {
             if (const std::string why = trouble(); !why.empty()) {
               return reply.answer(api_outcome(
                   503, false, why + "; what runs goes on, and livefix tries this again"));
             }
             Notifier* told = notifier();
             if (!told) return reply.answer(api_outcome(409, false, kRunsNoCommits));
             told->test(request.who(), [reply](bool ok, const std::string& text) {
               reply.answer(api_outcome(ok ? 200 : 409, ok, text));
             });
           }}};
}

}  // namespace livefix::control
