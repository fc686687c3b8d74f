// The user's screen: standard output and standard error, shared by livefix's own lines and by the
// output of programs, which must not run into each other. Never blocks; what has no room waits and
// is retried. Owned by the driver, used on its thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "control/terminal_writer.h"
#include "model/run_spec.h"

namespace boost::asio {
class io_context;
}

namespace livefix::control {

enum class Stream : std::uint8_t { output, error };

class Console {
 public:
  // `context` must outlive this; the descriptors stay the caller's.
  Console(boost::asio::io_context& context, const OutputSpec& spec, int output, int error);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // A whole line of livefix, on a line of its own.
  void line(std::string_view text, Stream stream = Stream::output);

  // A piece of a program's output from `source` (any number that tells sources apart). It goes on
  // where the same source left off in the middle of a line, else on a line of its own behind
  // `prefix`.
  void program(std::uint64_t source, Stream stream, std::string_view prefix, std::string_view text,
               bool ends_line);

  // So much waits that reading more output from programs would only fill memory.
  bool is_congested() const;
  // Called each time congestion ends.
  void on_relief(std::function<void()> callback) { relief_ = std::move(callback); }
  // At the end: waits until everything is written, but no longer than a second.
  void drain();

 private:
  struct RetryTimer;

  TerminalWriter& writer(Stream stream) { return writers_[static_cast<std::size_t>(stream)]; }
  // Who left the cursor in the middle of a line. A terminal has one cursor for both streams.
  std::optional<std::uint64_t>& cursor(Stream stream);
  void end_open_line(Stream stream);
  void retry_later();

  const bool one_cursor_;
  std::array<TerminalWriter, 2> writers_;
  std::array<std::optional<std::uint64_t>, 2> cursors_;
  Stream open_on_ = Stream::output;
  std::function<void()> relief_;
  bool was_congested_ = false;
  std::unique_ptr<RetryTimer> retry_;
};

}  // namespace livefix::control
