#include "keeper/role_process.h"

#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "os/spawn.h"

namespace livefix::keeper {
namespace {

constexpr Milliseconds kEarly{1000};
constexpr int kFreeRestarts = 3;  // early deaths that cost no pause
constexpr Milliseconds kLongestPause{2000};

// The path of this binary; the magic link itself where the file was replaced meanwhile.
std::string own_program() {
  constexpr const char* kSelf = "/proc/self/exe";
  std::array<char, 4096> path{};
  const ssize_t size = readlink(kSelf, path.data(), path.size() - 1);
  const std::string found(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return access(found.c_str(), X_OK) == 0 ? found : kSelf;
}

}  // namespace

RoleProcess::RoleProcess(os::EventLoop& loop, std::string name, std::string service, Events events)
    : loop_(loop),
      name_(std::move(name)),
      service_(std::move(service)),
      events_(std::move(events)),
      restart_timer_(loop,
                     [this] {
                       if (!start()) schedule_restart();
                     }),
      kill_timer_(loop, [this] {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
      }) {}

RoleProcess::~RoleProcess() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

Status RoleProcess::start() {
  auto ends = os::LinkSocket::pair();
  if (!ends) return std::unexpected(ends.error());
  os::SpawnRequest request;
  request.program = own_program();
  request.command = {"livefix", name_, service_};
  request.environment = os::environment_with({});
  request.extra_descriptor = ends->second.get();
  const auto child = os::spawn(request);
  if (!child) return std::unexpected(child.error());
  pid_ = child->pid;
  started_at_ = Clock::now();
  ++starts_;
  old_watch_.reset();
  link_ = std::make_unique<os::LinkSocket>(std::move(ends->first));
  watch_ =
      std::make_unique<os::Watch>(loop_, link_->fd(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                  [this](std::uint32_t events) { on_link_events(events); });
  events_.started();
  return {};
}

void RoleProcess::end(Milliseconds grace) {
  ending_ = true;
  restart_timer_.stop();
  drop_link();
  if (pid_ > 0) kill_timer_.start(grace);
}

bool RoleProcess::send(std::string_view bytes, std::span<const int> fds) {
  if (!link_) return false;
  if (link_->send(bytes, fds)) return true;
  drop_link();  // it does not read, or it is dead: both end in a new one
  return false;
}

void RoleProcess::on_link_events(std::uint32_t events) {
  if (link_ && (events & EPOLLOUT) && !link_->flush()) return drop_link();
  while (link_) {
    auto outcome = link_->receive();
    if (std::holds_alternative<os::NothingYet>(outcome)) return;
    if (std::holds_alternative<os::LinkClosed>(outcome)) return drop_link();
    events_.message(std::move(std::get<os::Packet>(outcome)));
  }
}

// A role without its link is of no use any more, whatever the reason.
void RoleProcess::drop_link() {
  if (!link_) return;
  watch_->stop();
  old_watch_ = std::move(watch_);
  link_.reset();
  if (pid_ > 0 && !ending_) ::kill(pid_, SIGKILL);
}

bool RoleProcess::reaped(pid_t pid, int wait_status) {
  if (pid != pid_) return false;
  pid_ = 0;
  kill_timer_.stop();
  drop_link();
  early_deaths_ = Clock::now() - started_at_ < kEarly ? early_deaths_ + 1 : 0;
  events_.died(wait_status);
  if (!ending_) schedule_restart();
  return true;
}

void RoleProcess::schedule_restart() {
  const int over = early_deaths_ - kFreeRestarts;
  restart_timer_.start(over <= 0 ? Milliseconds{0}
                                 : std::min(Milliseconds{50 << std::min(over, 6)}, kLongestPause));
}

}  // namespace livefix::keeper
