// Says what happens: lines for people, or with --json one event a line for programs
// (docs/events.md). Owned by the driver, used on its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "control/console.h"
#include "control/phrases.h"
#include "control/service_event.h"
#include "control/traffic.h"
#include "model/link.h"
#include "model/service_spec.h"

namespace livefix::control {

// What livefix says once, when the first control starts.
struct Opening {
  std::size_t watched_files = 0;
  link::Takeover takeover = link::Takeover::seccomp;
  std::string takeover_reason;
};

// What a report does not carry itself. Asked only while tell() runs.
struct Circumstances {
  std::function<std::uint64_t()> lost;  // requests since the change began
  std::function<Traffic::Totals()> traffic;
  std::function<Traffic::Counts(UnitId)> traffic_of;
  std::function<std::vector<std::string>(UnitId)> last_lines;
};

class Reporter {
 public:
  // All must outlive this.
  Reporter(const ServiceSpec& service, Console& console, Circumstances circumstances,
           std::function<std::string(std::uint16_t)> port_holder);

  void open(const Opening& opening);
  void tell(const Report& report);
  void warn(std::string_view text);
  // A line of a program, with --json.
  void program_line(std::string_view label, Stream stream, std::string_view line);
  // A line of the access log that goes to standard output.
  void access_line(std::string_view line);

  // How the last attempt ended, in a sentence: "src/cart.js saved → ...".
  const std::string& last_outcome() const { return last_outcome_; }

 private:
  friend struct Telling;
  enum class Mark : std::uint8_t { ready, done, failed, warning, stopped, plain };

  // Nothing is said with --json; with --quiet only `failed` and `warning` are shown.
  void say(Mark mark, const std::string& text, const std::vector<std::string>& details = {},
           Stream stream = Stream::output);
  std::string marked(Mark mark, const std::string& text) const;
  bool verbose() const { return service_.output.verbosity == Verbosity::verbose; }
  std::vector<std::string> headline(UnitId unit) const;

  const ServiceSpec& service_;
  Console& console_;
  const Circumstances circumstances_;
  const Narrator narrator_;
  std::string last_outcome_;
  std::string not_redirectable_;  // of the newest port that was not: why a program never listened
};

}  // namespace livefix::control
