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

constexpr std::size_t kLongestOutput = 8U << 20;

Result<std::string> read_until(int fd, TimePoint deadline, const std::string& name) {
  std::string result;
  char buffer[16384];
  while (result.size() < kLongestOutput) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now()).count();
    pollfd ready{fd, POLLIN, 0};
    const int count = left > 0 ? poll(&ready, 1, static_cast<int>(left)) : 0;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("{}: poll", name);
    if (count == 0) return fail("{} takes too long", name);
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size < 0) return fail_errno("{}: read", name);
    if (size == 0) return result;
    result.append(buffer, static_cast<std::size_t>(size));
  }
  return fail("{} prints too much", name);
}

}  // namespace

Result<std::string> capture(const CaptureRequest& request) {
  const auto deadline = Clock::now() + request.patience;
  auto channel = open_pipe();
  if (!channel) return std::unexpected(channel.error());
  const Fd null(open("/dev/null", O_WRONLY | O_CLOEXEC));
  const auto child = spawn({
      .command = request.command,
      .environment = environment_with(request.environment),
      .directory = request.directory,
      .standard_input = request.standard_input,
      .standard_output = channel->writer.get(),
      .standard_error = null.get(),
  });
  if (!child) return std::unexpected(child.error());
  channel->writer.reset();
  auto output = read_until(channel->reader.get(), deadline, request.command[0]);
  if (!output) kill(child->pid, SIGKILL);
  int wait_status = 0;
  while (waitpid(child->pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  if (output && wait_status != 0) return fail("{} failed", request.command[0]);
  return output;
}

}  // namespace livefix::os
