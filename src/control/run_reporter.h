// Says what happens to the run as a whole: its beginning, its end, and what all services share.
// Owned by the driver, used on its thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/announcer.h"
#include "control/service_event.h"
#include "control/traffic.h"
#include "model/link.h"
#include "model/run_spec.h"

namespace livefix::control {

// What livefix says once, when the first control starts.
struct Opening {
  std::vector<std::size_t> watched_files;  // of each service
  link::Takeover takeover = link::Takeover::seccomp;
  std::string takeover_reason;
};

class RunReporter {
 public:
  // All must outlive this.
  RunReporter(const RunSpec& run, Console& console, const Traffic& traffic)
      : run_(run), console_(console), traffic_(traffic), announcer_(run, console) {}

  void open(const Opening& opening) const;
  void tell(const ProxyCameBack& report) const;
  void tell(const StopBegan& report) const;
  void tell(const Stopped& report) const;
  void nothing_left() const;
  // No commit was kept yet.
  void waits_for_push() const;
  void warn(std::string_view text) const { announcer_.warn(text); }
  // A line of the access log that goes to standard output.
  void access_line(std::string_view line) const;

 private:
  void open_events(const Opening& opening) const;
  void open_line(const Opening& opening) const;
  void open_lines(const Opening& opening) const;

  const RunSpec& run_;
  Console& console_;
  const Traffic& traffic_;
  const Announcer announcer_;
};

}  // namespace livefix::control
