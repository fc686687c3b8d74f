// Everything that control has around one service of the run, made when the keeper's Welcome tells
// which. Internal to run_world.cc.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "control/console.h"
#include "control/driver.h"
#include "control/previews.h"
#include "control/program_output.h"
#include "control/readiness.h"
#include "control/reporter.h"
#include "control/service_machine.h"
#include "control/status.h"
#include "control/traffic.h"
#include "model/link.h"

namespace livefix::control {

// What a service has in common with the others. All of it outlives the service.
struct Commons {
  boost::asio::io_context& context;
  const DriverSeams& seams;
  const link::Welcome& welcome;
  Console& console;
  ProgramOutput& output;
  const Traffic& traffic;
  const std::string preview_key;  // empty where releases are no commits

  std::function<void(const link::FromControl&)> send;
  // What is about all is said and done once: these collect it.
  std::function<void(const Report&)> tell_of_run;
  std::function<void(std::size_t service_index, const Report&)> tell_of_rollout;
  std::function<void(const link::DrainProxy&)> wants_drained_proxy;
  std::function<void(std::int32_t exit_status)> finished;
  std::function<void()> gave_up;
};

class ServiceWorld {
 public:
  // How a reload ended, in a sentence.
  using Outcome = std::function<void(bool ok, const std::string& message)>;

  ServiceWorld(const Commons& commons, std::size_t index);
  ~ServiceWorld();
  ServiceWorld(const ServiceWorld&) = delete;
  ServiceWorld& operator=(const ServiceWorld&) = delete;

  // Two read ends for each unit of the snapshot, as far as they came.
  void attach_outputs(std::span<os::Fd> fds);
  void start_watching();
  void warn_of_watcher();
  std::size_t watched_files() const { return watcher_ ? watcher_->file_count() : 0; }
  // Begins, or goes on where the control before this one was killed. Of `remembered` the commits.
  void begin(bool is_first, Remembered remembered);

  void feed(const Event& event);
  // Of a message about a unit of it.
  void on_unit_started(const link::UnitStarted& started, std::vector<os::Fd> fds);
  void on_leader_exited(const link::LeaderExited& exited);
  void on_unit_gone(const link::UnitGone& gone);

  // Why a reload would not even begin; empty: it would.
  std::string cannot_reload() const;
  void reload(Outcome outcome);
  boost::json::object status() const;
  ServiceFacts facts() const { return service_facts(state_, policy_, commons_.welcome.keeper_pid); }
  void program_line(std::string_view label, Stream stream, std::string_view line) const {
    reporter_.program_line(label, stream, line);
  }

  // Why an attempt of a rollout came to nothing.
  Explanation why(const Release& release, UnitId unit, const Failure& failure) const;
  std::vector<std::string> last_words(UnitId unit) const { return reporter_.headline(unit); }

  const ServiceSpec& spec() const { return policy_.service; }
  const std::string& name() const { return policy_.service.name; }
  const UnitNumbers& numbers() const { return policy_.numbers; }
  const ServiceState& state() const { return state_; }
  // What a person can be shown before others see it.
  PreviewService preview() const;
  // Where a generation takes requests that do not come through the proxy; nothing: nowhere.
  std::optional<Address> address_of(UnitId unit) const;

 private:
  // Those who wait for the outcome of a reload.
  struct Waiter {
    std::uint64_t serial = 0;
    Outcome outcome;
  };

  void take(Transition transition);
  void take_waiting();
  void act(const Action& action);
  void tell(const Report& report);
  void settle_outcome(std::uint64_t serial, bool ok);
  void arm_timer();
  void on_timer();

  void wait_for_watcher();
  void learn_contents_later();
  bool tree_is_newer() const;

  std::uint64_t lost() const;
  Circumstances circumstances();

  const Commons& commons_;
  const link::ServiceSnapshot& snapshot_;
  const Policy policy_;

  ServiceState state_;
  // What came while the actions of a step were done: orders of two steps are never mixed.
  std::deque<Event> waiting_;
  bool acting_ = false;
  Reporter reporter_;
  Readiness readiness_;
  std::uint64_t lost_before_ = 0;  // until the change that is under way began
  std::optional<LastChange> last_change_;
  std::vector<Waiter> waiters_;

  boost::asio::steady_timer timer_;
  boost::asio::steady_timer learn_timer_;
  std::unique_ptr<watch::TreeWatcher> watcher_;
  boost::asio::posix::stream_descriptor watcher_descriptor_;  // watcher_'s, only lent
  std::string watcher_warning_;
};

}  // namespace livefix::control
