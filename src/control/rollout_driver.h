// Carries out what the rollout machine decides (rollout/rollout_machine.h): tells services, Git and
// the ledger, and the machine what came of it. One rollout at a time. Owned by RunWorld, used on
// the driver's thread.
//
// A new phase is written down before anything is done for it. Control may be killed at any line:
// what was not promoted is then taken back by the next one (service_restore.cc for the processes,
// end_interrupted() for the record), what was promoted runs.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/fwd.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "control/announcer.h"
#include "control/branch_settler.h"
#include "control/control_api.h"
#include "control/generation_windows.h"
#include "control/push_request.h"
#include "control/recordings.h"
#include "control/release_office.h"
#include "control/rollout_symptoms.h"
#include "control/service_world.h"
#include "rollout/rollout_machine.h"

namespace livefix::control {

class RolloutDriver {
 public:
  // All must outlive this.
  RolloutDriver(boost::asio::io_context& context, ReleaseOffice& office, const RunSpec& run,
                const Traffic& traffic, std::vector<ServiceWorld*> services, BranchSettler& branch,
                RolloutSymptoms& symptoms, Recordings& recordings, Announcer announcer,
                std::int32_t keeper_pid);
  ~RolloutDriver();
  RolloutDriver(const RolloutDriver&) = delete;
  RolloutDriver& operator=(const RolloutDriver&) = delete;

  // Answers with lines, and at last with the verdict.
  void push(const PushRequest& push, const ApiReply& reply);
  enum class Command { pause, resume, promote, abort };
  void command(Command command, const std::string& who, const std::string& why,
               const ApiReply& reply);

  void on_report(ServiceWorld& service, const Report& report);
  void on_build_line(ServiceWorld& service, std::string_view line);

  bool is_busy() const { return examining_ || current_; }
  // "7f3c2d1 by anna is being rolled out (shifting)"; empty: nothing is.
  std::string describe() const;
  // The one that is under way, for whoever watches (docs/control-api.md, GET /v1/watch); null:
  // none.
  boost::json::value view() const;

 private:
  struct Part;
  struct Current;

  void examined(const PushRequest& push, const RefUpdate& update, const ApiReply& reply,
                Result<ExaminedPush> result);
  void record_refusal(const PushRequest& push, const RefUpdate& update, const std::string& subject,
                      const std::string& why);
  void begin(const PushRequest& push, const RefUpdate& update, const ApiReply& reply,
             ExaminedPush examined);
  std::vector<ServiceWorld*> worlds_of(const std::vector<std::string>& names) const;
  static rollout::Rules rules_for(const std::vector<ServiceWorld*>& worlds);

  // What happens while actions are carried out waits for its turn.
  void feed(rollout::Event event);
  void settle();
  void take(rollout::Transition transition);
  void act(const rollout::Action& action);
  void arm_timer();
  void read_counters();
  void finish();
  void tell_symptoms(const Current& ended) const;

  void lay_out();
  void laid_out(Result<LaidOutCommit> result);
  void build();
  bool waits_for_build() const;
  void built_one(Part& part, const ReleaseBuilt& report);
  void mark_built();
  void check_memory();
  void watch_memory();
  void start_candidates(const rollout::StartCandidates& order);
  void check_health(const std::string& service);
  void replay(const std::string& service);
  void mirror(const std::string& service);
  void on_mirrored(observe::ExchangeRecord exchange);
  void end_replays();  // and mirrors: those that nothing waits for any more
  void apply_share(const rollout::ApplyShare& order);
  void share_applied(Part& part);
  void measure(TimePoint since);
  void promote(const rollout::Promote& order);
  void take_back(const rollout::TakeBack& order);
  void discard();
  void keep_figures(Part& part, const WindowPair& windows);
  void keep_last_figures(const rollout::Verdict& verdict);
  void keep_last_words(const rollout::Verdict& verdict);
  void say(const rollout::Progress& progress);
  void announce(std::string_view outcome) const;

  std::set<std::string> directories_in_use() const;
  Part* part_of(const ServiceWorld& service);
  void tell(const std::string& text);
  void note(const PhaseRecord& record);

  boost::asio::io_context& context_;
  ReleaseOffice& office_;
  const RunSpec& run_;
  const Traffic& traffic_;
  const std::vector<ServiceWorld*> services_;
  BranchSettler& branch_;
  RolloutSymptoms& symptoms_;
  Recordings& recordings_;
  const Announcer announcer_;
  const std::int32_t keeper_pid_;  // whose descendants the generations are

  boost::asio::steady_timer timer_;
  boost::asio::steady_timer memory_timer_;
  bool examining_ = false;
  std::unique_ptr<Current> current_;
  std::deque<rollout::Event> events_;
  bool stepping_ = false;
};

// Written down of a rollout whose control was killed, once, by the next one. What fails
// is tried on.
Status end_interrupted(ReleaseOffice& office);

}  // namespace livefix::control
