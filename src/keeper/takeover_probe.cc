#include "keeper/takeover_probe.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>

#include "base/address.h"
#include "os/link_socket.h"
#include "os/port_filter.h"
#include "os/process.h"
#include "os/socket_address.h"
#include "os/tcp_listener.h"

namespace livefix::keeper {
namespace {

constexpr int kPatienceMs = 1000;
constexpr int kWorked = 0;
constexpr int kSameAddress = 1;
constexpr int kBindFailed = 2;

// The helper's side: under the filter it asks for port 1 of 127.0.0.1 and looks what it got.
[[noreturn]] void play_program(os::LinkSocket report) {
  auto notifications = os::install_port_filter();
  const int error = notifications ? 0 : notifications.error().os_error;
  const int fd = notifications ? notifications->get() : -1;
  const std::string_view bytes(reinterpret_cast<const char*>(&error), sizeof error);
  if (!report.send(bytes, notifications ? std::span(&fd, 1) : std::span<const int>()) ||
      !notifications) {
    _exit(kBindFailed);
  }
  const auto asked = Address::ipv4(127, 0, 0, 1, 1);
  const os::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto raw = os::to_socket_address(asked);
  if (::bind(socket.get(), raw.data(), raw.size) < 0) _exit(kBindFailed);
  const auto got = os::local_address(socket.get());
  _exit(got && *got != asked ? kWorked : kSameAddress);
}

bool wait_for(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return poll(&waiting, 1, kPatienceMs) == 1 && (waiting.revents & POLLIN);
}

// The keeper's side of one bind, as port_takeover.cc does it.
Status answer(int notifications) {
  if (!wait_for(notifications)) return fail("no call was brought before livefix");
  const auto call = os::receive_call(notifications);
  const auto* bind = call ? std::get_if<os::BindCall>(&call->what) : nullptr;
  if (!bind) return fail("another call than bind was brought before livefix");
  std::array<char, sizeof(sockaddr_in)> memory{};
  if (!os::read_memory(call->thread, bind->address, memory)) {
    return fail_errno("the memory of a program cannot be read (ptrace scope?)");
  }
  if (os::socket_protocol(call->thread, bind->socket) != "TCP") {
    return fail("the kind of a program's socket cannot be seen in /proc");
  }
  const auto substitute = os::bind_tcp(Address::ipv4(127, 0, 0, 1, 0), {});
  if (!substitute) return std::unexpected(substitute.error());
  const auto replaced =
      os::replace_descriptor(notifications, call->id, bind->socket, substitute->get(), true);
  if (!replaced) return replaced;
  os::answer_ok(notifications, call->id);
  return {};
}

Status converse(os::LinkSocket report) {
  if (!wait_for(report.fd())) return fail("the helper process did not answer");
  auto outcome = report.receive();
  auto* packet = std::get_if<os::Packet>(&outcome);
  int error = 0;
  if (!packet || packet->bytes.size() != sizeof error) return fail("the helper process died");
  std::memcpy(&error, packet->bytes.data(), sizeof error);
  if (error == EBUSY) return fail("another seccomp listener is in place, livefix inside livefix?");
  if (error != 0) return fail("seccomp notification is refused here: {}", std::strerror(error));
  if (packet->fds.empty()) return fail("the helper process sent no descriptor");
  return answer(packet->fds[0].get());
}

}  // namespace

Status probe_takeover() {
  auto ends = os::LinkSocket::pair();
  if (!ends) return std::unexpected(ends.error());
  const pid_t helper = fork();
  if (helper < 0) return fail_errno("fork");
  if (helper == 0) {
    ends->first.reset();
    play_program(os::LinkSocket(std::move(ends->second)));
  }
  ends->second.reset();
  const auto conversation = converse(os::LinkSocket(std::move(ends->first)));
  if (!conversation) kill(helper, SIGKILL);
  int wait_status = 0;
  while (waitpid(helper, &wait_status, 0) < 0 && errno == EINTR) {
  }
  if (!conversation) return conversation;
  if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != kWorked) {
    return fail("a program kept the address that it asked for");
  }
  return {};
}

}  // namespace livefix::keeper
