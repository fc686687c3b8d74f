// Gives the proxy something to write its access log to: the file, a new one when that was renamed
// or removed, or a pipe whose lines control prints among its own where it is standard output.
//
// A file that cannot be opened is told once and tried again; the proxy keeps the one it has, and
// its lines. Owned by the driver, used on its thread; does nothing where there is no log.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/line_assembler.h"
#include "control/log_file.h"
#include "model/link.h"
#include "model/proxy_spec.h"
#include "os/fd.h"

namespace livefix::control {

class AccessLogSource {
 public:
  // How often it looks whether the file is still there.
  static constexpr Milliseconds kLookInterval{500};

  struct Handlers {
    std::function<void(const os::Fd& descriptor)> publish;  // to the keeper
    std::function<void(std::string_view)> warn;
    std::function<void(std::string_view line)> print;
    std::function<bool()> is_congested;  // printing more would only fill memory
  };

  // `context` must outlive this.
  AccessLogSource(boost::asio::io_context& context, const std::optional<AccessLogSpec>& spec,
                  Handlers handlers);

  void begin();
  // What the proxy says about writing it.
  void on_trouble(const link::LogTrouble& trouble);
  // Prints what has come, at the end. Bounded.
  void read_now();

 private:
  void open_file();
  void look_later();
  void open_pipe();
  void wait_for_lines();
  bool read_once();

  const Handlers handlers_;
  std::optional<LogFile> file_;
  const bool is_printed_;
  bool is_wanted_ = false;       // no file is open, or the one that is open is of no use
  std::string told_of_opening_;  // the last problem that was told of; empty: none
  std::string told_;             // the same of writing
  boost::asio::steady_timer timer_;
  boost::asio::posix::stream_descriptor pipe_;
  LineAssembler lines_;
  std::vector<char> buffer_;
};

}  // namespace livefix::control
