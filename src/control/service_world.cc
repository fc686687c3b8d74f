#include "control/service_world.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/overloaded.h"
#include "control/missed_change.h"
#include "control/phrases.h"
#include "control/port_holder.h"
#include "control/routing.h"

namespace livefix::control {
namespace {

// File times come from a clock that is only as fine as the kernel's tick.
constexpr Milliseconds kFileClock{10};
constexpr Milliseconds kLearnPause{5};
constexpr std::size_t kLearnAtOnce = 32;  // files
// Over all services: TrafficStats has slots for more.
constexpr std::size_t kMaxDraining = 48;

Policy policy_of(const Commons& commons, std::size_t index) {
  const link::Welcome& welcome = commons.welcome;
  const RunSpec& run = welcome.run;
  Policy policy;
  policy.service = run.services.at(index);
  policy.takeover = welcome.takeover;
  policy.numbers = {static_cast<std::uint32_t>(index),
                    static_cast<std::uint32_t>(run.services.size())};
  policy.build_directory = run.run_directory + "/build";
  if (run.commits) {
    policy.runs_commits = true;
    policy.warm = policy.service.rollout.warm;
  }
  if (!policy.is_alone()) policy.build_directory += "/" + policy.service.name;
  policy.terminal = run.output.terminal;
  policy.preview_key = commons.preview_key;
  policy.max_draining = std::min(policy.max_draining, kMaxDraining / run.services.size());
  return policy;
}

}  // namespace

ServiceWorld::ServiceWorld(const Commons& commons, std::size_t index)
    : commons_(commons),
      snapshot_(commons.welcome.services.at(index)),
      policy_(policy_of(commons, index)),
      reporter_(policy_.service, Announcer(commons.welcome.run, index, commons.console),
                circumstances(), port_holder),
      readiness_(
          commons.context,
          [this](UnitId unit, const Address& backend) { feed(KnockAccepted{unit, backend}); }),
      timer_(commons.context),
      learn_timer_(commons.context),
      watcher_descriptor_(commons.context) {
  lost_before_ = lost();
  // go build makes it by itself, cp and gcc do not. What is in the way they will tell.
  std::error_code ignored;
  if (policy_.service.build && !policy_.runs_commits) {
    std::filesystem::create_directories(policy_.build_directory, ignored);
  }
}

ServiceWorld::~ServiceWorld() {
  if (watcher_descriptor_.is_open()) watcher_descriptor_.release();
}

void ServiceWorld::attach_outputs(std::span<os::Fd> fds) {
  for (std::size_t i = 0; i < snapshot_.units.size() && 2 * i + 1 < fds.size(); ++i) {
    const link::UnitSnapshot& unit = snapshot_.units[i];
    commons_.output.attach(unit.unit, policy_.numbers.service_index, unit.label,
                           std::move(fds[2 * i]), std::move(fds[2 * i + 1]));
  }
}

void ServiceWorld::begin(bool is_first, Remembered remembered) {
  if (is_first) return feed(FirstStart{remembered.kept});
  remembered.stop_requested = commons_.welcome.stop_requested;
  remembered.tree_is_newer = tree_is_newer();
  take(restore(snapshot_, remembered, policy_, Clock::now()));
  take_waiting();
}

// What a program said comes before what livefix says about it.
void ServiceWorld::on_unit_started(const link::UnitStarted& started, std::vector<os::Fd> fds) {
  const auto unit = state_.units.find(started.unit);
  if (fds.size() == 2 && unit != state_.units.end()) {
    commons_.output.attach(started.unit, policy_.numbers.service_index,
                           unit_label(unit->second.release, unit->second.builds), std::move(fds[0]),
                           std::move(fds[1]));
  }
  feed(started);
}

void ServiceWorld::on_leader_exited(const link::LeaderExited& exited) {
  commons_.output.read_now(exited.unit);
  feed(exited);
}

void ServiceWorld::on_unit_gone(const link::UnitGone& gone) {
  commons_.output.finish(gone.unit);
  feed(gone);
  commons_.output.forget(gone.unit);
  readiness_.cancel(gone.unit);
}

void ServiceWorld::feed(const Event& event) {
  const bool counts_anew =
      std::holds_alternative<ChangeSeen>(event) || std::holds_alternative<ReloadAsked>(event);
  if (counts_anew) lost_before_ = lost();
  waiting_.push_back(event);
  take_waiting();
}

void ServiceWorld::take_waiting() {
  while (!acting_ && !waiting_.empty()) {
    const Event next = std::move(waiting_.front());
    waiting_.pop_front();
    take(step(std::move(state_), next, policy_, Clock::now()));
  }
}

// The state is the next one before anything is done. What is done may come back here (a knock is
// answered later, an outcome at once), and waits for its turn.
void ServiceWorld::take(Transition transition) {
  state_ = std::move(transition.state);
  acting_ = true;
  for (const Action& action : transition.actions) act(action);
  acting_ = false;
  if (is_stopping(state_)) {
    for (const Waiter& waiter : std::exchange(waiters_, {})) {
      waiter.outcome(false, "livefix is stopping");
    }
  }
  arm_timer();
  if (state_.given_up) commons_.gave_up();
}

void ServiceWorld::act(const Action& action) {
  std::visit(
      overloaded{[this](const Report& report) { tell(report); },
                 [this](const Knock& knock) { readiness_.knock(knock.unit, knock.backend); },
                 [this](const ForgetBuild& forget) {
                   unlink(build_output(policy_, forget.release).c_str());
                 },
                 [this](const link::StopUnit& stop) {
                   readiness_.cancel(stop.unit);
                   commons_.send(stop);
                 },
                 [this](const link::DrainProxy& order) { commons_.wants_drained_proxy(order); },
                 [this](const link::Finish& finish) { commons_.finished(finish.exit_status); },
                 [this](const auto& order) { commons_.send(order); }},
      action);
}

void ServiceWorld::tell(const Report& report) {
  reporter_.tell(report);
  commons_.tell_of_run(report);
  commons_.tell_of_rollout(policy_.numbers.service_index, report);
  if (const auto* serves = std::get_if<AttemptServes>(&report)) {
    settle_outcome(serves->attempt.cause.serial, true);
  } else if (const auto* failed = std::get_if<AttemptFailed>(&report)) {
    settle_outcome(failed->attempt.cause.serial, false);
  } else if (std::holds_alternative<GenerationCrashed>(report)) {
    last_change_ = LastChange{false, reporter_.last_outcome()};
  }
}

void ServiceWorld::settle_outcome(std::uint64_t serial, bool ok) {
  lost_before_ = lost();
  last_change_ = LastChange{ok, reporter_.last_outcome()};
  // A newer attempt took the place of those before it, so its outcome is theirs.
  const auto waits_longer = std::ranges::stable_partition(
      waiters_, [&](const Waiter& waiter) { return waiter.serial > serial; });
  std::vector<Waiter> done(std::make_move_iterator(waits_longer.begin()),
                           std::make_move_iterator(waits_longer.end()));
  waiters_.erase(waits_longer.begin(), waits_longer.end());
  for (const Waiter& waiter : done) {
    waiter.outcome(ok, last_change_->message);
  }
}

// --- time ----------------------------------------------------------------------------------------

void ServiceWorld::arm_timer() {
  std::optional<TimePoint> due = next_deadline(state_, policy_);
  if (watcher_) {
    if (const auto quiet = watcher_->due()) due = due ? std::min(*due, *quiet) : *quiet;
  }
  if (!due) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(*due);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timer();
  });
}

void ServiceWorld::on_timer() {
  if (watcher_) {
    if (const auto change = watcher_->take_change(Clock::now())) {
      return feed(ChangeSeen{change->paths});
    }
  }
  feed(Tick{});
}

// --- the tree ------------------------------------------------------------------------------------

void ServiceWorld::start_watching() {
  if (!policy_.service.watch.enabled) return;
  auto watcher = commons_.seams.make_watcher(policy_.service.directory, policy_.service.watch);
  if (!watcher) {
    return reporter_.warn(
        fmt::format("saves are not seen: {}; `livefix reload` works", watcher.error().message));
  }
  watcher_ = std::move(*watcher);
  boost::system::error_code failure;
  watcher_descriptor_.assign(watcher_->fd(), failure);
  if (!failure) wait_for_watcher();
  learn_contents_later();
}

void ServiceWorld::wait_for_watcher() {
  watcher_descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                 [this](const boost::system::error_code& error) {
                                   if (error) return;
                                   watcher_->read_events(Clock::now());
                                   warn_of_watcher();
                                   arm_timer();
                                   wait_for_watcher();
                                 });
}

// In small portions, so that nothing else waits for it.
void ServiceWorld::learn_contents_later() {
  learn_timer_.expires_after(kLearnPause);
  learn_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && watcher_->learn_contents(kLearnAtOnce)) learn_contents_later();
  });
}

void ServiceWorld::warn_of_watcher() {
  if (!watcher_ || watcher_->warning() == watcher_warning_) return;
  watcher_warning_ = watcher_->warning();
  if (!watcher_warning_.empty()) reporter_.warn(watcher_warning_);
}

bool ServiceWorld::tree_is_newer() const {
  if (!watcher_) return false;
  std::optional<Milliseconds> youngest;
  for (const link::UnitSnapshot& unit : snapshot_.units) {
    const auto label = parse_label(unit.label);
    if (unit.phase != link::UnitPhase::running || !label || label->builds) continue;
    youngest = youngest ? std::min(*youngest, unit.age) : unit.age;
  }
  return youngest && saved_after(policy_.service.directory, policy_.service.watch,
                                 std::chrono::system_clock::now() - *youngest - kFileClock);
}

// --- the control API -----------------------------------------------------------------------------

boost::json::object ServiceWorld::status() const {
  const link::Welcome& welcome = commons_.welcome;
  return service_status({state_, policy_, commons_.traffic, welcome.run.name,
                         welcome.takeover_reason, welcome.keeper_pid, last_change_, Clock::now()});
}

std::string ServiceWorld::cannot_reload() const {
  if (is_stopping(state_)) return "livefix is stopping";
  const bool is_empty = policy_.runs_commits && !state_.served_release;
  return is_empty ? "nothing runs yet: push a commit first" : "";
}

void ServiceWorld::reload(Outcome outcome) {
  if (const std::string why = cannot_reload(); !why.empty()) return outcome(false, why);
  // The serial of the attempt that is about to begin: its outcome may come before feed returns.
  waiters_.push_back({state_.last_serial + 1, std::move(outcome)});
  feed(ReloadAsked{});
}

Explanation ServiceWorld::why(const Release& release, UnitId unit, const Failure& failure) const {
  Attempt attempt;
  attempt.cause.kind = CauseKind::rollout;
  attempt.release = release;
  return reporter_.explain(attempt, unit, failure);
}

std::optional<Address> ServiceWorld::address_of(UnitId unit) const {
  const auto found = state_.units.find(unit);
  if (found == state_.units.end()) return std::nullopt;
  const auto backends = backends_of(found->second, policy_);
  if (backends.empty()) return std::nullopt;
  return backends.front().address;
}

PreviewService ServiceWorld::preview() const {
  const TrafficSpec& traffic = policy_.service.traffic;
  PreviewService preview{
      name(),
      traffic.protocol == Protocol::http,
      urls_of(state_.public_ports, policy_.is_alone() ? TrafficMatch{} : traffic.match,
              scheme_of(traffic)),
      {}};
  for (const GenerationRoute& route : plan_of(state_, policy_).generations) {
    if (!route.ends)
      preview.releases.push_back({route.generation, route.label, route.is_candidate});
  }
  return preview;
}

std::uint64_t ServiceWorld::lost() const {
  const Traffic& traffic = commons_.traffic;
  return policy_.is_alone() ? traffic.totals().lost
                            : traffic.of_service(policy_.numbers.service_index).lost;
}

Circumstances ServiceWorld::circumstances() {
  return {[this] { return lost() - lost_before_; },
          [this](UnitId unit) { return commons_.traffic.of(unit); },
          [this](UnitId unit) {
            commons_.output.read_now(unit);
            return commons_.output.last_lines(unit);
          }};
}

}  // namespace livefix::control
