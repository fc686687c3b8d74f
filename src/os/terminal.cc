#include "os/terminal.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <array>

namespace livefix::os {

Result<OutputChannel> open_terminal(int like) {
  int master = -1;
  int slave = -1;
  if (openpty(&master, &slave, nullptr, nullptr, nullptr) < 0) return fail_errno("openpty");
  OutputChannel channel{Fd(master), Fd(slave)};
  fcntl(master, F_SETFD, FD_CLOEXEC);
  fcntl(slave, F_SETFD, FD_CLOEXEC);
  termios settings{};
  if (tcgetattr(slave, &settings) == 0) {
    settings.c_oflag &= static_cast<tcflag_t>(~OPOST);
    settings.c_lflag &= static_cast<tcflag_t>(~(ECHO | ICANON | ISIG));
    tcsetattr(slave, TCSANOW, &settings);
  }
  copy_window_size(like, master);
  return channel;
}

Result<OutputChannel> open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) < 0) return fail_errno("pipe");
  return OutputChannel{Fd(ends[0]), Fd(ends[1])};
}

void copy_window_size(int like, int reader) {
  winsize size{};
  if (ioctl(like, TIOCGWINSZ, &size) == 0) ioctl(reader, TIOCSWINSZ, &size);
}

}  // namespace livefix::os
