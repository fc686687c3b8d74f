// Everything that control has around one service, made when the keeper's Welcome tells which.
// Internal to driver.cc.
#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "control/access_log_source.h"
#include "control/certificate_files.h"
#include "control/console.h"
#include "control/control_api.h"
#include "control/driver.h"
#include "control/orphans.h"
#include "control/program_output.h"
#include "control/readiness.h"
#include "control/reporter.h"
#include "control/service_machine.h"
#include "control/status.h"
#include "control/traffic.h"
#include "model/link.h"

namespace livefix::control {

// The parts of a welcome that come as descriptors.
struct WelcomeFds {
  os::Fd statistics;
  os::Fd api;
  std::vector<os::Fd> outputs;  // two for each unit
};

class ServiceWorld {
 public:
  using Send = std::function<void(const link::FromControl&, std::span<const int> fds)>;

  // `context` must outlive this; `seams` too.
  ServiceWorld(boost::asio::io_context& context, const DriverSeams& seams, link::Welcome welcome,
               WelcomeFds fds, Send send);
  ~ServiceWorld();
  ServiceWorld(const ServiceWorld&) = delete;
  ServiceWorld& operator=(const ServiceWorld&) = delete;

  // Begins, or goes on where the control before this one was killed.
  void begin();
  void on_message(const link::ToControl& message, std::vector<os::Fd> fds);
  // The last call. If the keeper has died it returns when nothing of the service is left.
  void on_link_closed();

 private:
  // Those who wait for the outcome of a reload.
  struct Waiter {
    std::uint64_t serial = 0;
    ControlApi::Respond respond;
  };

  void feed(const Event& event);
  void take(Transition transition);
  void act(const Action& action);
  void tell(const Report& report);
  void settle_outcome(std::uint64_t serial, bool ok);
  void arm_timer();
  void on_timer();

  void start_watching();
  void wait_for_watcher();
  void learn_contents_later();
  void warn_of_watcher();
  bool tree_is_newer() const;

  void publish_certificates();
  void look_at_certificates_later();

  AccessLogSource::Handlers access_log_handlers();
  ControlApi::Handlers api_handlers();
  void reload(ControlApi::Respond respond);
  void stop(const ControlApi::Respond& respond);
  Circumstances circumstances();

  const DriverSeams& seams_;
  const link::Welcome welcome_;
  const Policy policy_;
  const Send send_;
  const Orphans orphans_;

  ServiceState state_;
  Console console_;
  ProgramOutput output_;
  Reporter reporter_;
  Traffic traffic_;
  Readiness readiness_;
  std::uint64_t lost_before_ = 0;  // until the change that is under way began
  std::optional<LastChange> last_change_;
  std::vector<Waiter> waiters_;
  bool keeper_was_signalled_ = false;

  boost::asio::steady_timer timer_;
  boost::asio::steady_timer learn_timer_;
  std::unique_ptr<watch::TreeWatcher> watcher_;
  boost::asio::posix::stream_descriptor watcher_descriptor_;  // watcher_'s, only lent
  std::string watcher_warning_;
  CertificateFiles certificates_;
  boost::asio::steady_timer certificate_timer_;
  AccessLogSource access_log_;
  ControlApi api_;
};

}  // namespace livefix::control
