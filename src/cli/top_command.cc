// livefix top: what runs, drawn anew each second, with keys for the rollout that is under way.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/overloaded.h"
#include "cli/commands.h"
#include "cli/running_services.h"
#include "cli/top_feed.h"
#include "cli/top_model.h"
#include "cli/top_screen.h"
#include "cli/top_view.h"
#include "os/signal_queue.h"

namespace livefix::cli {
namespace {

CommandLine describe_top(ServiceChoice& choice) {
  CommandLine line("livefix top", "[options]",
                   "Shows what runs, live: requests, errors and times by generation, the rollout "
                   "that is under way, what fails, and what changed last. Keys pause, resume, "
                   "promote and abort a rollout, and go back; ? lists them.");
  choice.describe_to(line);
  line.epilogue(
      "Examples:\n"
      "  livefix top\n"
      "  livefix top --state /var/lib/livefix\n"
      "  ssh -t server livefix top --state /var/lib/livefix");
  return line;
}

void learn(TopModel& model, TopFeed& feed) {
  for (TopNews& news : feed.take()) {
    std::visit(overloaded{[&](TopReading& reading) { model.take(std::move(reading)); },
                          [&](const TopLost& lost) { model.lost(lost.why); },
                          [&](const TopOutcome& outcome) { model.told(outcome.ok, outcome.text); },
                          [&](const TopSymptomText& symptom) {
                            model.learn_symptom(symptom.id, symptom.text);
                          }},
               news);
  }
}

// False: it is over.
bool take_keys(TopModel& model, TopFeed& feed, TopScreen& screen) {
  while (const auto key = screen.next_key()) {
    const TopWish wish = model.press(*key);
    if (wish.quits) return false;
    if (wish.command.empty() || feed.give(wish.command)) continue;
    model.told(false, "another command is still under way");
  }
  return true;
}

// The signal that ended it; 0: a key, or the terminal has gone.
int watch(TopModel& model, TopFeed& feed, TopScreen& screen, os::SignalQueue& signals) {
  for (;;) {
    screen.draw(top_lines(model, screen.size(), screen.utf8()));
    std::array<pollfd, 3> waiting{
        {{STDIN_FILENO, POLLIN, 0}, {feed.fd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
    if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return 0;
    while (const auto signal = signals.take()) {
      if (*signal != SIGWINCH) return *signal;
      screen.resize();
    }
    learn(model, feed);
    if (!take_keys(model, feed, screen)) return 0;
    if (waiting[0].revents & (POLLHUP | POLLERR | POLLNVAL)) return 0;
    feed.look_at(model.symptom_wanted(), model.wants_routes());
  }
}

}  // namespace

Outcome watch_services(Arguments arguments) {
  ServiceChoice choice;
  auto line = describe_top(choice);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    return complain(
        "livefix top draws on a terminal, and this is none; for figures without one write: "
        "livefix status --json",
        kUsageError);
  }
  const auto service = find_one_running(choice, line.program());
  if (!service) return service.error();
  // Before there is another thread, so that all of them leave signals to the queue.
  auto signals = os::SignalQueue::open({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH});
  if (!signals) return complain(signals.error().message, 1);
  auto screen = TopScreen::open();
  if (!screen) return complain(screen.error().message, kUsageError);
  const auto feed = TopFeed::open(service->socket_path);
  if (!feed) return complain(feed.error().message, 1);
  // Goes before the feed does, which may have to wait for an answer.
  TopScreen shown(std::move(*screen));
  TopModel model;
  const int signal = watch(model, **feed, shown, *signals);
  return signal == 0 ? 0 : 128 + signal;
}

std::vector<OptionInfo> top_options() {
  ServiceChoice choice;
  return describe_top(choice).options();
}

}  // namespace livefix::cli
