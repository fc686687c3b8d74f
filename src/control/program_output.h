// Reads what programs write and shows it as it is: marked with its service where there are several
// and with its release while several units of a service run at once, half lines after a moment, and
// the last lines of each kept for failure reports.
// Owned by the driver, used on its thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "control/console.h"
#include "control/program_log.h"
#include "model/run_spec.h"
#include "os/fd.h"

namespace boost::asio {
class io_context;
}

namespace livefix::control {

class ProgramOutput {
 public:
  static constexpr std::size_t kLastLines = 50;

  // Shows one whole line of a program in place of the console: the lines of --json.
  using LineSink = std::function<void(std::size_t service_index, std::string_view label,
                                      Stream stream, std::string_view line)>;

  // Sees every line too, whoever shows it.
  using Observer = std::function<void(std::size_t service_index, UnitId id, std::string_view line)>;
  void observe(Observer observer);

  // All must outlive this. Without `json` lines go to the console.
  ProgramOutput(boost::asio::io_context& context, Console& console, ProgramLog& log,
                const RunSpec& run, LineSink json);
  ~ProgramOutput();
  ProgramOutput(const ProgramOutput&) = delete;
  ProgramOutput& operator=(const ProgramOutput&) = delete;

  // `output` and `error` are read ends of pipes or of pseudo-terminals; they become non-blocking.
  void attach(UnitId id, std::size_t service_index, std::string label, os::Fd output, os::Fd error);
  // Reads what is there now, so that it comes before what livefix says next. Bounded.
  void read_now(UnitId id);
  // The unit is gone: the end of its output is shown and its descriptors are closed.
  void finish(UnitId id);
  void forget(UnitId id);

  // Of both streams, oldest first, at most kLastLines and what has no end yet.
  std::vector<std::string> last_lines(UnitId id) const;

 private:
  struct Source;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace livefix::control
