#include "control/cgi_process.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "os/shared_memory.h"
#include "os/terminal.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMaxComplaint = 4096;

struct InputChannel {
  os::Fd ours;
  os::Fd its;
};

Result<InputChannel> open_input() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0) {
    return fail_errno("socketpair");
  }
  return InputChannel{os::Fd(ends[0]), os::Fd(ends[1])};
}

}  // namespace

Result<std::shared_ptr<CgiProcess>> CgiProcess::start(asio::io_context& context,
                                                      const std::vector<std::string>& command,
                                                      const std::vector<std::string>& environment) {
  auto input = open_input();
  if (!input) return std::unexpected(input.error());
  auto output = os::open_pipe();
  if (!output) return std::unexpected(output.error());
  auto complaint = os::create_shared_memory("cgi-complaint", kMaxComplaint);
  if (!complaint) return std::unexpected(complaint.error());
  auto process = os::SessionProcess::start({.command = command,
                                            .environment = environment,
                                            .standard_input = input->its.get(),
                                            .standard_output = output->writer.get(),
                                            .standard_error = complaint->get()});
  if (!process) return std::unexpected(process.error());

  std::shared_ptr<CgiProcess> cgi(
      new CgiProcess(context, std::move(*process), std::move(*complaint)));
  cgi->self_ = cgi;
  Error error;
  cgi->input_.assign(asio::local::stream_protocol(), input->ours.get(), error);
  if (error) return fail("the input of {}: {}", command[0], error.message());
  input->ours.release();
  cgi->output_.assign(output->reader.get(), error);
  if (error) return fail("the output of {}: {}", command[0], error.message());
  output->reader.release();
  cgi->output_.non_blocking(true, error);
  if (error || !cgi->watch_exit()) return fail("the end of {} cannot be watched", command[0]);
  return cgi;
}

CgiProcess::CgiProcess(asio::io_context& context, os::SessionProcess process, os::Fd complaint)
    : context_(context),
      process_(std::move(process)),
      complaint_(std::move(complaint)),
      input_(context),
      output_(context),
      exit_(context) {}

bool CgiProcess::watch_exit() {
  os::Fd watched(fcntl(process_->descriptor(), F_DUPFD_CLOEXEC, 3));
  Error error;
  if (watched) exit_.assign(watched.get(), error);
  if (!watched || error) return false;
  watched.release();
  exit_.async_wait(asio::posix::stream_descriptor::wait_read,
                   [self = self_.lock()](const Error& stopped) {
                     if (stopped || !self->process_) return;
                     self->wait_status_ = self->process_->reap();
                     self->process_.reset();
                     // A read that waits goes on without waiting.
                     Error ignored;
                     self->output_.cancel(ignored);
                     if (self->at_exit_) std::exchange(self->at_exit_, {})(asio::error::eof, 0);
                   });
  return true;
}

void CgiProcess::write(asio::const_buffer bytes, Done done) {
  asio::async_write(input_, bytes,
                    [self = self_.lock(), done = std::move(done)](
                        const Error& error, std::size_t size) mutable { done(error, size); });
}

void CgiProcess::end_input() {
  Error ignored;
  input_.close(ignored);
}

void CgiProcess::read(asio::mutable_buffer into, Done done) {
  if (wait_status_) return read_rest(into, std::move(done));
  output_.async_read_some(into, [self = self_.lock(), into, done = std::move(done)](
                                    const Error& error, std::size_t size) mutable {
    self->on_output(into, std::move(done), error, size);
  });
}

void CgiProcess::on_output(asio::mutable_buffer into, Done done, const Error& error,
                           std::size_t size) {
  if (!error) return done(error, size);
  if (wait_status_) return read_rest(into, std::move(done));
  if (error == asio::error::eof && process_) {
    at_exit_ = std::move(done);
    return;
  }
  done(error, size);
}

// All that the program itself wrote is in the pipe, which somebody else may hold open.
void CgiProcess::read_rest(asio::mutable_buffer into, Done done) {
  Error error;
  const std::size_t size = output_.read_some(into, error);
  if (error) error = asio::error::eof;
  asio::post(context_, [self = self_.lock(), error, size, done = std::move(done)]() mutable {
    done(error, size);
  });
}

std::string CgiProcess::complaint() const {
  auto text = os::read_memory(complaint_).value_or("");
  text.resize(std::min(text.find('\0'), text.size()));
  return text;
}

std::optional<os::SessionProcess> CgiProcess::abandon() {
  Error ignored;
  input_.close(ignored);
  output_.close(ignored);
  exit_.close(ignored);
  at_exit_ = {};
  auto process = std::move(process_);
  process_.reset();
  return process;
}

}  // namespace livefix::control
