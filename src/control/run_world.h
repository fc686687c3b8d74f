// Everything that control has, made when the keeper's Welcome tells what is run: what the services
// share, and a ServiceWorld for each of them. Internal to driver.cc.
//
// A message about a unit goes to the unit's service, one about a plan to the plan's; what happens
// to all goes to all. What follows from that for all is done once: the proxy is drained when every
// service is stopping, and the keeper hears Finish when every service has finished.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "control/access_log_source.h"
#include "control/branch_settler.h"
#include "control/certificate_files.h"
#include "control/console.h"
#include "control/control_api.h"
#include "control/drift_watch.h"
#include "control/driver.h"
#include "control/live_feed.h"
#include "control/metrics.h"
#include "control/notifier.h"
#include "control/orphans.h"
#include "control/program_log.h"
#include "control/program_output.h"
#include "control/push_door.h"
#include "control/recordings.h"
#include "control/release_office.h"
#include "control/release_plan.h"
#include "control/replays.h"
#include "control/rollback.h"
#include "control/rollout_driver.h"
#include "control/rollout_symptoms.h"
#include "control/run_reporter.h"
#include "control/service_world.h"
#include "control/symptoms.h"
#include "control/token_file.h"
#include "control/token_records.h"
#include "control/trace_reporter.h"
#include "control/traffic.h"
#include "model/link.h"

namespace livefix::control {

// The parts of a welcome that come as descriptors.
struct WelcomeFds {
  os::Fd statistics;
  os::Fd api;
  os::Fd record_rings;
  os::Fd record_wake;
  os::Fd kept_records;
  std::vector<os::Fd> outputs;  // two for each unit
};

class RunWorld {
 public:
  using Send = std::function<void(const link::FromControl&, std::span<const int> fds)>;

  // `context` must outlive this; `seams` too. `leave`: this control ends, and the keeper starts
  // another one.
  RunWorld(boost::asio::io_context& context, const DriverSeams& seams, link::Welcome welcome,
           WelcomeFds fds, Send send, std::function<void()> leave);
  ~RunWorld();
  RunWorld(const RunWorld&) = delete;
  RunWorld& operator=(const RunWorld&) = delete;

  // The error is why nothing can be run: livefix ends. Only ever at its first start, when nothing
  // runs that would go down with it.
  Status begin();
  void on_message(const link::ToControl& message, std::vector<os::Fd> fds);
  // The last call. If the keeper has died it returns when nothing of the services is left.
  void on_link_closed();

 private:
  std::string preview_key() const;
  Commons make_commons(boost::asio::io_context& context, const DriverSeams& seams);
  // Whose it is; nullptr: nobody's.
  ServiceWorld* owner(UnitId unit);
  ServiceWorld* find(std::string_view name);
  void feed_owner(ServiceWorld* owner, const Event& event);
  void feed_all(const Event& event);
  // After what may have changed all of them.
  void settle();
  void finish_when_all_have();
  void end_when_all_gave_up();
  void warn_of_what_is_owed();
  bool all_of(bool (*holds)(const ServiceState&)) const;

  void publish_certificates();
  void look_at_certificates_later();
  AccessLogSource::Handlers access_log_handlers();

  std::vector<ControlApi::Route> api_routes();
  LiveFeed::Sources feed_sources();
  std::vector<ServiceSituation> situations() const;
  std::vector<Address> places_for_replay(std::size_t service_index,
                                         ReplayGeneration generation) const;
  std::vector<ServiceFacts> facts() const;
  std::vector<ServiceFacts> generations() const;
  Status open_office();
  void begin_traces();
  void go_on_without_office(const Error& trouble);
  void look_for_office_later();
  Remembered memory_of(std::size_t service_index) const;
  std::string status() const;
  void reload(const std::vector<std::string>& names, const std::string& who, const ApiReply& reply);
  void stop(const std::string& who, const ApiReply& reply);
  void stop_by_signal(std::int32_t number);
  void record_surely(const std::string& command, const std::string& detail, const std::string& who);

  boost::asio::io_context& context_;
  const link::Welcome welcome_;
  const Send send_;
  const std::function<void()> leave_;
  const Orphans orphans_;

  Console console_;
  const Traffic traffic_;
  const RunReporter reporter_;
  ProgramLog log_;
  Recordings recordings_;
  Replays replays_;
  ProgramOutput output_;
  const Commons commons_;
  std::vector<std::unique_ptr<ServiceWorld>> services_;
  Symptoms symptoms_;
  std::unique_ptr<TraceReporter> traces_;  // null: no collector is told of any
  Metrics metrics_;
  LiveFeed feed_;
  // Where releases are commits. Without an office, because of its trouble, services run on as they
  // are; when it can be opened, the next control takes up with it.
  std::string office_trouble_;
  boost::asio::steady_timer office_timer_;
  bool stop_is_recorded_;  // or owed; also of one that the control before this was told of
  std::unique_ptr<ReleaseOffice> office_;
  std::unique_ptr<Notifier> notifier_;
  std::unique_ptr<BranchSettler> branch_;
  std::unique_ptr<RolloutSymptoms> rollout_symptoms_;
  std::unique_ptr<RolloutDriver> rollouts_;
  std::unique_ptr<Rollback> rollback_;
  std::unique_ptr<DriftWatch> drift_;
  std::unique_ptr<TokenFile> token_file_;
  std::unique_ptr<TokenRecords> tokens_;
  std::unique_ptr<PushDoor> push_door_;

  // What services want for all, and nobody has done yet.
  std::optional<ProxyCameBack> proxy_came_back_;
  std::optional<StopBegan> stop_began_;
  std::optional<link::DrainProxy> drain_proxy_;
  std::int32_t exit_status_ = 0;
  bool finished_ = false;
  bool nothing_left_ = false;

  bool keeper_was_signalled_ = false;
  CertificateFiles certificates_;
  boost::asio::steady_timer certificate_timer_;
  AccessLogSource access_log_;
  ControlApi api_;
};

}  // namespace livefix::control
