#include "os/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "os/link_socket.h"
#include "os/port_filter.h"

namespace livefix::os {
namespace {

// What the child reports before it executes its program. Success is silence: the report socket
// closes by itself on exec.
enum class Step : int { filter_installed, install_filter, enter_directory, descriptors, execute };

struct Report {
  Step step;
  int error;
};

[[noreturn]] void give_up(const LinkSocket& report, Step step) {
  const Report failure{step, errno};
  // The parent waits for this message or the end of the socket; either tells it.
  const auto ignored = ::send(report.fd(), &failure, sizeof failure, MSG_NOSIGNAL);
  (void)ignored;
  _exit(127);
}

void default_signals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD}) {
    signal(number, SIG_DFL);
  }
}

// Moves `source` to `target` for the new program; dup2 clears close-on-exec only if they differ.
bool place(int source, int target) {
  if (source == target) return fcntl(source, F_SETFD, 0) == 0;
  return dup2(source, target) >= 0;
}

[[noreturn]] void become(const SpawnRequest& request, LinkSocket report, pid_t parent) {
  default_signals();
  if (request.new_session) setsid();
  if (request.parent_death_signal != 0) {
    prctl(PR_SET_PDEATHSIG, request.parent_death_signal);
    if (getppid() != parent) _exit(127);  // it died before the line above
  }
  if (!request.directory.empty() && chdir(request.directory.c_str()) < 0) {
    give_up(report, Step::enter_directory);
  }
  if (request.trap_ports) {
    auto notifications = install_port_filter();
    if (!notifications) {
      errno = notifications.error().os_error;
      give_up(report, Step::install_filter);
    }
    const Report installed{Step::filter_installed, 0};
    const int fds[] = {notifications->get()};
    const std::string_view bytes(reinterpret_cast<const char*>(&installed), sizeof installed);
    if (!report.send(bytes, fds)) _exit(127);
  }

  // The report socket must not lie where a descriptor is about to be placed.
  const int safe = fcntl(report.fd(), F_DUPFD_CLOEXEC, 10);
  if (safe < 0) give_up(report, Step::descriptors);
  LinkSocket safe_report{Fd(safe)};
  const Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int extra =
      request.extra_descriptor >= 0 ? fcntl(request.extra_descriptor, F_DUPFD_CLOEXEC, 10) : -1;
  const int input = request.standard_input >= 0 ? request.standard_input : null.get();
  if (!place(input, STDIN_FILENO) ||
      (request.standard_output >= 0 && !place(request.standard_output, STDOUT_FILENO)) ||
      (request.standard_error >= 0 && !place(request.standard_error, STDERR_FILENO)) ||
      (extra >= 0 && !place(extra, 3))) {
    give_up(safe_report, Step::descriptors);
  }

  auto environment = request.environment;
  if (request.tell_listen_pid) environment.push_back(fmt::format("LISTEN_PID={}", getpid()));
  auto environment_pointers = pointers_to(environment);
  environ = environment_pointers.data();  // execvp looks in this PATH
  const std::string& program = request.program.empty() ? request.command[0] : request.program;
  execvp(program.c_str(), pointers_to(request.command).data());
  give_up(safe_report, Step::execute);
}

std::string explain(const SpawnRequest& request, const Report& report) {
  switch (report.step) {
    case Step::execute:
      if (report.error == ENOENT) return fmt::format("{}: command not found", request.command[0]);
      return fmt::format("{}: {}", request.command[0], std::strerror(report.error));
    case Step::enter_directory:
      return fmt::format("{}: {}", request.directory, std::strerror(report.error));
    case Step::install_filter:
      return fmt::format("the port filter cannot be installed: {}", std::strerror(report.error));
    default:
      return fmt::format("cannot start {}: {}", request.command[0], std::strerror(report.error));
  }
}

// Reads reports until the child has executed (the socket ends) or failed.
Result<Fd> await_exec(const SpawnRequest& request, Fd socket) {
  Fd notifications;
  fcntl(socket.get(), F_SETFL, 0);  // this wait is as long as an exec
  LinkSocket link(std::move(socket));
  while (true) {
    char probe = 0;
    if (recv(link.fd(), &probe, 1, MSG_PEEK) < 0 && errno == EINTR) continue;
    auto outcome = link.receive();
    auto* packet = std::get_if<Packet>(&outcome);
    if (!packet) return notifications;
    Report report{};
    if (packet->bytes.size() != sizeof report) return fail("a child sent a malformed report");
    std::memcpy(&report, packet->bytes.data(), sizeof report);
    if (report.step == Step::filter_installed && !packet->fds.empty()) {
      notifications = std::move(packet->fds[0]);
      continue;
    }
    return std::unexpected(Error{explain(request, report), report.error});
  }
}

}  // namespace

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const auto& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

Result<Spawned> spawn(const SpawnRequest& request) {
  if (request.command.empty()) return fail("no command to start");
  auto sockets = LinkSocket::pair();
  if (!sockets) return std::unexpected(sockets.error());
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return fail_errno("cannot start {}: fork", request.command[0]);
  if (pid == 0) {
    sockets->first.reset();
    become(request, LinkSocket(std::move(sockets->second)), parent);
  }
  sockets->second.reset();
  auto notifications = await_exec(request, std::move(sockets->first));
  if (!notifications) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return std::unexpected(notifications.error());
  }
  return Spawned{pid, std::move(*notifications)};
}

std::vector<std::string> environment_with(const std::vector<std::string>& changes) {
  std::vector<std::string> result;
  const auto name_of = [](std::string_view entry) { return entry.substr(0, entry.find('=')); };
  const auto set = [&](std::string_view entry) {
    const auto same = [&](const std::string& old) { return name_of(old) == name_of(entry); };
    std::erase_if(result, same);
    result.emplace_back(entry);
  };
  for (char** entry = environ; entry && *entry; ++entry) result.emplace_back(*entry);
  for (const auto& change : changes) set(change);
  return result;
}

}  // namespace livefix::os
