#include "os/capture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "os/fd.h"
#include "os/spawn.h"
#include "os/terminal.h"

namespace livefix::os {
namespace {

constexpr std::size_t kErrorTail = 4096;

// One output of the program, read as it comes.
struct Stream {
  Fd reader;
  std::string text;

  // False once it has ended.
  Result<bool> read_some(const std::string& name) {
    char buffer[16384];
    const ssize_t size = read(reader.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) return true;
    if (size < 0) return fail_errno("{}: read", name);
    if (size == 0) reader.reset();
    text.append(buffer, static_cast<std::size_t>(size));
    return size > 0;
  }
};

// True when standard output has grown beyond what is wanted; false when both have ended.
Result<bool> read_both(Stream& output, Stream& errors, const CaptureRequest& request,
                       TimePoint deadline) {
  const auto& name = request.command[0];
  while (output.reader || errors.reader) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now()).count();
    // poll(2) passes over a descriptor of -1.
    pollfd ready[] = {{output.reader.get(), POLLIN, 0}, {errors.reader.get(), POLLIN, 0}};
    const int count = left > 0 ? poll(ready, 2, static_cast<int>(left)) : 0;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("{}: poll", name);
    if (count == 0) return fail("{} takes too long", name);
    if (ready[0].revents != 0) {
      if (const auto read = output.read_some(name); !read) return std::unexpected(read.error());
      if (output.text.size() > request.most_output) return true;
    }
    if (ready[1].revents != 0) {
      if (const auto read = errors.read_some(name); !read) return std::unexpected(read.error());
      if (errors.text.size() > kErrorTail) errors.text.erase(0, errors.text.size() - kErrorTail);
    }
  }
  return false;
}

int shell_status(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

Result<Captured> run(const CaptureRequest& request, bool with_errors) {
  const auto deadline = Clock::now() + request.patience;
  auto output_pipe = open_pipe();
  if (!output_pipe) return std::unexpected(output_pipe.error());
  OutputChannel error_pipe{.reader = {}, .writer = Fd(open("/dev/null", O_WRONLY | O_CLOEXEC))};
  if (with_errors) {
    auto opened = open_pipe();
    if (!opened) return std::unexpected(opened.error());
    error_pipe = std::move(*opened);
  }
  const auto child = spawn({
      .command = request.command,
      .environment =
          request.clean_environment ? request.environment : environment_with(request.environment),
      .directory = request.directory,
      .standard_input = request.standard_input,
      .standard_output = output_pipe->writer.get(),
      .standard_error = error_pipe.writer.get(),
      // Git takes its locks and half-written files away at SIGTERM, and at SIGKILL leaves them.
      .parent_death_signal = request.ends_with_caller ? SIGTERM : 0,
  });
  if (!child) return std::unexpected(child.error());
  output_pipe->writer.reset();
  error_pipe.writer.reset();

  Stream output{std::move(output_pipe->reader), {}};
  Stream errors{std::move(error_pipe.reader), {}};
  const auto cut = read_both(output, errors, request, deadline);
  if (!cut || *cut) kill(child->pid, SIGKILL);
  int wait_status = 0;
  while (waitpid(child->pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  if (!cut) return std::unexpected(cut.error());
  if (*cut && !request.cut_output) return fail("{} prints too much", request.command[0]);
  if (*cut) output.text.resize(request.most_output);
  return Captured{std::move(output.text), std::move(errors.text),
                  *cut ? 0 : shell_status(wait_status), *cut};
}

}  // namespace

Result<std::string> capture(const CaptureRequest& request) {
  auto captured = run(request, false);
  if (!captured) return std::unexpected(captured.error());
  if (captured->exit_status != 0) return fail("{} failed", request.command[0]);
  return std::move(captured->output);
}

Result<Captured> capture_with_errors(const CaptureRequest& request) {
  return run(request, true);
}

}  // namespace livefix::os
