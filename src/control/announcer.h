// Who says a line: livefix for the whole run, or for one service, whose name stands in front where
// there are several. Lines for people, or with --json events for programs (docs/events.md). Owned
// by the driver, used on its thread.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/console.h"
#include "model/run_spec.h"

namespace livefix::control {

enum class Mark : std::uint8_t { ready, done, failed, warning, stopped, plain };

class Announcer {
 public:
  // For the run.
  Announcer(const RunSpec& run, Console& console) : run_(run), console_(console), name_(run.name) {}
  // For a service of it. Both must outlive this.
  Announcer(const RunSpec& run, std::size_t service_index, Console& console);

  bool is_of_several() const { return run_.services.size() > 1; }
  bool json() const { return run_.output.json; }
  bool verbose() const { return run_.output.verbosity == Verbosity::verbose; }

  // With --quiet only `failed` and `warning` are shown.
  void say(Mark mark, const std::string& text, const std::vector<std::string>& details = {},
           Stream stream = Stream::output) const;
  void event(std::string_view name, const boost::json::object& fields) const;
  // As the one or the other.
  void warn(std::string_view text) const;

 private:
  std::string marked(Mark mark, const std::string& text) const;

  const RunSpec& run_;
  Console& console_;
  const std::string name_;   // in events
  const std::string shown_;  // in lines; empty: nothing
};

// The name of a service as lines show it, where there are several; in a colour of its own where
// there are colours.
std::string shown_name(const RunSpec& run, std::size_t service_index);

}  // namespace livefix::control
