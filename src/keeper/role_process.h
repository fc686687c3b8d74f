// A child of the keeper that is a part of livefix (proxy or control) and its link. It is started
// again when it dies: at once, and after repeated early deaths with growing pauses, because the
// service must go on without it. Loop thread only; the loop must outlive this.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "os/event_loop.h"
#include "os/link_socket.h"

namespace livefix::keeper {

class RoleProcess {
 public:
  struct Events {
    std::function<void()> started;  // the link is up and empty
    std::function<void(os::Packet)> message;
    std::function<void(int wait_status)> died;
  };

  // `name` is the role's argument, "@proxy"; `service` is there for whoever reads ps(1).
  RoleProcess(os::EventLoop& loop, std::string name, std::string service, Events events);
  ~RoleProcess();

  // An error of the first start is for the caller; later ones are tried again.
  Status start();
  // No more starts. The role sees its link close and ends; SIGKILL when it has not within `grace`.
  void end(Milliseconds grace);

  // False when there is nobody to send to: the message is lost, and `started` will come.
  bool send(std::string_view bytes, std::span<const int> fds = {});

  // A child of the keeper was reaped. False when it was not this one.
  bool reaped(pid_t pid, int wait_status);

  bool linked() const { return link_ != nullptr; }
  bool running() const { return pid_ > 0; }
  std::uint32_t starts() const { return starts_; }

 private:
  void on_link_events(std::uint32_t events);
  void drop_link();
  void schedule_restart();

  os::EventLoop& loop_;
  const std::string name_;
  const std::string service_;
  Events events_;
  std::unique_ptr<os::LinkSocket> link_;
  std::unique_ptr<os::Watch> watch_;
  std::unique_ptr<os::Watch>
      old_watch_;  // dropped inside its own callback; freed at the next start
  pid_t pid_ = 0;
  std::uint32_t starts_ = 0;
  int early_deaths_ = 0;
  TimePoint started_at_;
  bool ending_ = false;
  os::Timer restart_timer_;
  os::Timer kill_timer_;
};

}  // namespace livefix::keeper
