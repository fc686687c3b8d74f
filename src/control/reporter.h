// Says what happens to one service; what happens to the whole run is said by RunReporter. Owned by
// the driver, used on its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "control/announcer.h"
#include "control/phrases.h"
#include "control/service_event.h"
#include "control/traffic.h"
#include "model/service_spec.h"

namespace livefix::control {

// What a report does not carry itself. Asked only while tell() runs.
struct Circumstances {
  std::function<std::uint64_t()> lost;  // requests since the change began
  std::function<Traffic::Counts(UnitId)> traffic_of;
  std::function<std::vector<std::string>(UnitId)> last_lines;
};

// Why an attempt came to nothing, and what the program said last.
struct Explanation {
  std::string sentence;
  std::vector<std::string> details;

  std::string text() const;  // the details on lines of their own
};

class Reporter {
 public:
  // `service` must outlive this.
  Reporter(const ServiceSpec& service, Announcer announcer, Circumstances circumstances,
           std::function<std::string(std::uint16_t)> port_holder);

  void tell(const Report& report);
  void warn(std::string_view text) const { announcer_.warn(text); }
  // A line of a program, with --json.
  void program_line(std::string_view label, Stream stream, std::string_view line) const;

  Explanation explain(const Attempt& attempt, UnitId unit, const Failure& why) const;
  // What a unit wrote of its trouble, or else wrote last.
  std::vector<std::string> headline(UnitId unit) const;
  // How the last attempt ended, in a sentence: "src/cart.js saved → ...".
  const std::string& last_outcome() const { return last_outcome_; }

 private:
  friend struct Telling;

  const ServiceSpec& service_;
  const Announcer announcer_;
  const Circumstances circumstances_;
  const Narrator narrator_;
  std::string last_outcome_;
  std::string not_redirectable_;  // of the newest port that was not: why a program never listened
};

}  // namespace livefix::control
