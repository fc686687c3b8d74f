// Looks whether the releases that run have drifted: when control starts, each minute, and when
// somebody asks. A file that was not said to have drifted is told once, in a line or an event and
// in the ledger, which remembers it over the death of a control. Git and the disk work in the
// background. Owned by RunWorld, used on the driver's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>
#include <vector>

#include "control/announcer.h"
#include "control/control_api.h"
#include "control/release_drift.h"
#include "control/release_office.h"

namespace livefix::control {

class DriftWatch {
 public:
  static constexpr Milliseconds kInterval{60'000};

  // All must outlive this.
  DriftWatch(boost::asio::io_context& context, ReleaseOffice& office, const RunSpec& run,
             Announcer announcer, Milliseconds interval = kInterval);

  // From now on, and once now.
  void begin();
  // GET /v1/drift: what there is now, with its diff.
  void show(const ApiReply& reply);
  void adopt(const std::string& branch, const std::string& who, const ApiReply& reply);
  void restore(const std::string& who, const ApiReply& reply);

 private:
  std::vector<RunningRelease> running() const;
  void look();
  void look_later();
  // What is new is told and written down.
  void found(const ReleaseDrift& drift);
  void tell(const ReleaseDrift& drift, const std::vector<std::string>& news);
  void record(const DriftRecord& record, const std::string& who, ledger::Durability durability);

  ReleaseOffice& office_;
  const RunSpec& run_;
  const Announcer announcer_;
  const Milliseconds interval_;
  boost::asio::steady_timer timer_;
  std::string last_error_;
};

}  // namespace livefix::control
