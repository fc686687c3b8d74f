#include "control/terminal_writer.h"

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace livefix::control {
namespace {

// How much can be written without blocking once poll says that there is room: a pipe promises
// PIPE_BUF, a terminal less, a file never blocks for long.
std::size_t safe_chunk(int fd) {
  struct stat status{};
  if (fstat(fd, &status) != 0) return 256;
  if (S_ISREG(status.st_mode)) return 64 * 1024;
  if (S_ISFIFO(status.st_mode)) return PIPE_BUF;
  return 256;
}

}  // namespace

TerminalWriter::TerminalWriter(int fd) : fd_(fd), chunk_(safe_chunk(fd)) {}

void TerminalWriter::write(std::string_view bytes) {
  if (broken_) return;
  backlog_.append(bytes.substr(0, kMaxBacklog - std::min(kMaxBacklog, backlog())));
  flush();
}

bool TerminalWriter::flush() {
  while (!broken_ && backlog() > 0) {
    pollfd ready{fd_, POLLOUT, 0};
    if (poll(&ready, 1, 0) <= 0) return false;
    const ssize_t size = ::write(fd_, backlog_.data() + done_, std::min(chunk_, backlog()));
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    // A full disk or a terminal that went away is no reason to stop serving.
    if (size < 0) broken_ = errno != ENOSPC;
    done_ += size < 0 ? backlog() : static_cast<std::size_t>(size);
  }
  if (broken_) done_ = backlog_.size();
  if (done_ > 64 * 1024 || backlog() == 0) {
    backlog_.erase(0, done_);
    done_ = 0;
  }
  return backlog() == 0;
}

}  // namespace livefix::control
