// Whether old and new have room at once: asked before the candidates start, and watched while both
// run.
#include <fmt/format.h>
#include <sys/types.h>

#include <set>

#include "base/figures.h"
#include "control/current_rollout.h"
#include "control/memory_gate.h"
#include "control/rollout_driver.h"
#include "os/memory_room.h"
#include "os/process.h"

namespace livefix::control {
namespace {

constexpr std::chrono::seconds kLookEvery{1};

// Of the leaders and of all that they have started.
rollout::MemoryChecked room_beside(pid_t keeper, const std::set<pid_t>& leaders) {
  std::uint64_t resident = 0;
  std::uint64_t own = 0;
  const auto room = os::memory_room();
  const auto pids = os::descendants_in_sessions(keeper, leaders);
  for (const pid_t pid : pids) resident += os::resident_memory_of(pid);
  // Mostly there is plenty, also if nothing were shared, and a closer look would take longer.
  if (const auto rough = judge_room(resident, room); rough.enough) return rough;
  for (const pid_t pid : pids) own += os::memory_of(pid);
  return judge_room(own, room);
}

}  // namespace

// In the background: the kernel walks the page tables of whole programs for it.
void RolloutDriver::check_memory() {
  std::set<pid_t> leaders;
  for (const rollout::ServiceRules& service : current_->rules.services) {
    if (!service.has_old || service.hold) continue;  // nothing, or one that makes room by itself
    const Part& part = current_->parts.at(service.name);
    const auto old = part.world->state().units.find(part.old);
    if (old != part.world->state().units.end() && old->second.pid != 0) {
      leaders.insert(old->second.pid);
    }
  }
  if (leaders.empty()) return feed(rollout::MemoryChecked{});
  office_.in_background(
      [keeper = keeper_pid_, leaders](CommitStore&) { return room_beside(keeper, leaders); },
      [this, id = current_->id](const rollout::MemoryChecked& checked) {
        if (!current_ || current_->id != id) return;
        if (!checked.enough) {
          tell(fmt::format("no room for two: the new one needs about {}, {} are free",
                           bytes_text(checked.figures.needed),
                           bytes_text(checked.figures.available)));
        }
        feed(checked);
      });
}

void RolloutDriver::watch_memory() {
  memory_timer_.expires_after(kLookEvery);
  memory_timer_.async_wait([this, id = current_->id](const boost::system::error_code& error) {
    if (error || !current_ || current_->id != id) return;
    office_.in_background([](CommitStore&) { return judge_rest(os::memory_room()); },
                          [this, id](const rollout::MemoryChecked& checked) {
                            if (!current_ || current_->id != id) return;
                            if (checked.enough) return watch_memory();
                            feed(checked);
                          });
  });
}

}  // namespace livefix::control
