// Ends sessions of processes whose work nobody waits for any more: SIGTERM, so that they can clean
// up (Git removes its lock files; objects that it received are left to `git gc`, from version 2.39
// on), and after a grace SIGKILL for whatever is left. Owned by GitHttp, on control's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <memory>

#include "base/clock.h"
#include "os/session_process.h"

namespace livefix::control {

class SessionEnder {
 public:
  // `context` must outlive this.
  SessionEnder(boost::asio::io_context& context, Milliseconds grace)
      : context_(context), grace_(grace) {}
  // Waits for the leaders, for at most a grace; then all that is left is killed.
  ~SessionEnder();
  SessionEnder(const SessionEnder&) = delete;
  SessionEnder& operator=(const SessionEnder&) = delete;

  void end(os::SessionProcess process);

 private:
  struct Ending {
    Ending(boost::asio::io_context& context, os::SessionProcess of)
        : process(std::move(of)), timer(context) {}
    os::SessionProcess process;
    boost::asio::steady_timer timer;
  };

  boost::asio::io_context& context_;
  const Milliseconds grace_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Ending>> endings_;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace livefix::control
