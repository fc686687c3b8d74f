// A CGI program (RFC 3875) at work: bytes go in, bytes come out, and it ends. Owned by the
// connection whose request it answers, on control's thread; its handlers keep it in memory until
// they have been called, so that it can be dropped at any time.
//
// The program is in a session of its own and started with posix_spawn (os/session_process.h), since
// control has other threads. boost::process was looked at: its first version forks, and so does the
// second, whose vfork launcher runs C++ in the child; neither has an end for a whole session.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "os/session_process.h"

namespace livefix::control {

class CgiProcess {
 public:
  using Error = boost::system::error_code;
  using Done = std::move_only_function<void(const Error&, std::size_t)>;

  // `context` must outlive it.
  static Result<std::shared_ptr<CgiProcess>> start(boost::asio::io_context& context,
                                                   const std::vector<std::string>& command,
                                                   const std::vector<std::string>& environment);

  // All of `bytes`, which stay where they are until `done`; one at a time. Fails when the program
  // reads no more.
  void write(boost::asio::const_buffer bytes, Done done);
  void end_input();

  // What the program writes, as it comes; one at a time. The error asio::error::eof: it has exited,
  // and all is read. What its own children write later is nobody's answer.
  void read(boost::asio::mutable_buffer into, Done done);

  // As waitpid(2) has it; nullopt until then.
  std::optional<int> wait_status() const { return wait_status_; }
  // What it wrote to standard error, the first 4 KiB of it. Called when it has ended.
  std::string complaint() const;

  // Reads and writes are over; the session goes to whoever ends it. nullopt: it has ended already.
  std::optional<os::SessionProcess> abandon();

 private:
  CgiProcess(boost::asio::io_context& context, os::SessionProcess process, os::Fd complaint);
  bool watch_exit();
  void on_output(boost::asio::mutable_buffer into, Done done, const Error& error, std::size_t size);
  void read_rest(boost::asio::mutable_buffer into, Done done);

  std::weak_ptr<CgiProcess> self_;  // for handlers
  boost::asio::io_context& context_;
  std::optional<os::SessionProcess> process_;
  // Memory of fixed size: what does not fit cannot be written, which nobody minds on standard
  // error.
  const os::Fd complaint_;
  // A socket and not a pipe: a write into nothing is an error here and no SIGPIPE.
  boost::asio::local::stream_protocol::socket input_;
  boost::asio::posix::stream_descriptor output_;
  boost::asio::posix::stream_descriptor exit_;
  std::optional<int> wait_status_;
  Done at_exit_;  // of a read that has seen the end of the output before that of the program
};

}  // namespace livefix::control
