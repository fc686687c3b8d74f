#include "keeper/units.h"

#include <signal.h>
#include <unistd.h>

#include <array>

#include "os/process.h"
#include "os/spawn.h"
#include "os/terminal.h"

namespace livefix::keeper {
namespace {

constexpr Milliseconds kKillAgain{100};  // processes can fork while they are being killed
// For what has no event: the ports of units without a filter, and their end.
constexpr Milliseconds kLook{20};
constexpr Milliseconds kLookSeldom{500};
constexpr Milliseconds kYoung{30'000};  // a unit that has not listened until then seldom will

}  // namespace

Units::Units(os::EventLoop& loop, link::Takeover takeover, int terminal, Events events)
    : loop_(loop),
      takeover_(takeover),
      terminal_(terminal),
      events_(std::move(events)),
      mark_(fmt::format("{}={}", link::kKeeperVariable, os::process_stamp(getpid()))) {}

void Units::start(const link::StartUnit& order) {
  const auto refuse = [&](std::string reason) {
    events_.report(link::UnitNotStarted{order.unit, std::move(reason)}, {});
  };
  UnitId& last = last_[order.service_index];
  if (order.unit <= last || find(order.unit)) {
    return refuse(fmt::format("unit {} existed", number(order.unit)));
  }
  last = order.unit;

  const auto open_channel = [&] {
    return order.terminal ? os::open_terminal(terminal_) : os::open_pipe();
  };
  auto output = open_channel();
  auto errors = open_channel();
  if (!output || !errors) return refuse((output ? errors : output).error().message);

  os::SpawnRequest request;
  request.command = order.command;
  request.directory = order.directory;
  request.standard_output = output->writer.get();
  request.standard_error = errors->writer.get();
  request.new_session = true;
  request.parent_death_signal = SIGTERM;
  request.trap_ports = order.serves && takeover_ == link::Takeover::seccomp;
  auto environment = order.environment;
  environment.push_back(mark_);
  auto hint =
      order.serves && takeover_ == link::Takeover::environment ? events_.port_hint() : std::nullopt;
  if (hint) {
    environment.push_back(fmt::format("PORT={}", hint->port));
    environment.push_back("LISTEN_FDS=1");
    request.extra_descriptor = hint->listener.get();
    request.tell_listen_pid = true;
  }
  request.environment = os::environment_with(environment);
  auto child = os::spawn(request);
  if (!child) return refuse(child.error().message);

  auto unit = std::make_unique<Unit>();
  unit->id = order.unit;
  unit->label = order.label;
  unit->directory = order.directory;
  unit->serves = order.serves;
  unit->service_index = order.service_index;
  unit->started = Clock::now();
  unit->leader = child->pid;
  unit->sessions.insert(child->pid);
  unit->output = std::move(output->reader);
  unit->errors = std::move(errors->reader);
  unit->notifications = std::move(child->notifications);
  unit->hint = std::move(hint);
  Unit& stored = *units_.emplace(order.unit, std::move(unit)).first->second;
  watch(stored);
  events_.report(link::UnitStarted{stored.id, stored.leader},
                 std::array{stored.output.get(), stored.errors.get()});
}

void Units::watch(Unit& unit) {
  unit.kill_timer = std::make_unique<os::Timer>(loop_, [this, &unit] { escalate(unit); });
  unit.look_timer = std::make_unique<os::Timer>(loop_, [this, &unit] { look(unit); });
  if (!unit.notifications) {
    if (unit.serves) unit.look_timer->start(kLook);
    return;
  }
  unit.notification_watch = std::make_unique<os::Watch>(loop_, unit.notifications.get(), EPOLLIN,
                                                        [this, &unit](std::uint32_t events) {
                                                          if (events & EPOLLIN)
                                                            return events_.trapped_call(unit);
                                                          // EPOLLHUP: the last process under the
                                                          // filter has gone. It stays set, so stop
                                                          // watching.
                                                          unit.notification_watch->stop();
                                                          unit.filter_empty = true;
                                                          settle(unit);
                                                        });
}

void Units::look(Unit& unit) {
  if (unit.serves && unit.phase == link::UnitPhase::running) events_.look_for_ports(unit);
  const bool eager = unit.phase == link::UnitPhase::stopping || unit.leader == 0 ||
                     (unit.substitutes.empty() && Clock::now() - unit.started < kYoung);
  unit.look_timer->start(eager ? kLook : kLookSeldom);
  settle(unit);
}

void Units::stop(UnitId id, Milliseconds grace) {
  Unit* unit = find(id);
  if (!unit || unit->phase == link::UnitPhase::gone) return;
  unit->phase = link::UnitPhase::stopping;
  if (grace > Milliseconds{0}) kill_all(*unit, SIGTERM);
  unit->kill_timer->start(grace);
}

void Units::stop_all(Milliseconds grace) {
  for (const auto& [id, unit] : units_) stop(id, grace);
}

void Units::escalate(Unit& unit) {
  kill_all(unit, SIGKILL);
  unit.kill_timer->start(kKillAgain);
}

// All of them, as systemd does: shells and npm keep a SIGTERM to themselves.
void Units::kill_all(Unit& unit, int number) {
  for (const pid_t pid : os::descendants_in_sessions(getpid(), unit.sessions)) {
    ::kill(pid, number);
    if (number == SIGTERM) ::kill(pid, SIGCONT);  // a stopped process cannot end itself
  }
}

void Units::forward_signal(int number) {
  for (const auto& [id, unit] : units_) {
    if (unit->serves && unit->leader > 0) ::kill(unit->leader, number);
  }
}

void Units::resize_terminals() {
  for (const auto& [id, unit] : units_) {
    os::copy_window_size(terminal_, unit->output.get());
    os::copy_window_size(terminal_, unit->errors.get());
  }
}

bool Units::reaped(pid_t pid, int wait_status) {
  for (const auto& [id, unit] : units_) {
    if (unit->leader != pid) continue;
    unit->leader = 0;
    unit->wait_status = wait_status;
    events_.report(link::LeaderExited{id, wait_status}, {});
    settle(*unit);
    return true;
  }
  return false;
}

void Units::settle(Unit& unit) {
  if (unit.leader > 0 || unit.phase == link::UnitPhase::gone) return;
  const bool empty = unit.notifications
                         ? unit.filter_empty
                         : os::descendants_in_sessions(getpid(), unit.sessions).empty();
  if (!empty) {
    if (!unit.notifications) unit.look_timer->start(kLook);
    return;
  }
  unit.phase = link::UnitPhase::gone;
  unit.kill_timer->stop();
  unit.look_timer->stop();
  // A control that is not there now is told by its Welcome, and needs the output until then.
  if (events_.control_listens()) {
    const UnitId id = unit.id;
    buried_.push_back(std::move(units_.at(id)));
    burial_.start(Milliseconds{0});
    units_.erase(id);
    events_.report(link::UnitGone{id}, {});
  }
  events_.gone();
}

UnitId Units::last(std::size_t service_index) const {
  const auto found = last_.find(service_index);
  return found == last_.end() ? UnitId{} : found->second;
}

std::vector<const Unit*> Units::all() const {
  std::vector<const Unit*> result;
  for (const auto& [id, unit] : units_) result.push_back(unit.get());
  return result;
}

void Units::forget_gone() {
  std::erase_if(units_,
                [](const auto& entry) { return entry.second->phase == link::UnitPhase::gone; });
}

Unit* Units::find(UnitId id) {
  const auto found = units_.find(id);
  return found == units_.end() ? nullptr : found->second.get();
}

}  // namespace livefix::keeper
