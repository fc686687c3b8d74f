#include "control/session_ender.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>

namespace livefix::control {

SessionEnder::~SessionEnder() {
  const TimePoint until = Clock::now() + grace_;
  for (const auto& [id, ending] : endings_) {
    const auto left = std::chrono::ceil<Milliseconds>(until - Clock::now());
    pollfd ended{ending->process.descriptor(), POLLIN, 0};
    ::poll(&ended, 1, static_cast<int>(std::max(left, Milliseconds{0}).count()));
  }
}

// The leader is not reaped before the end of the grace: until then the session's number stays its
// own, also while a hook that ignores SIGTERM is the last one in it.
void SessionEnder::end(os::SessionProcess process) {
  process.signal(SIGTERM);
  const std::uint64_t id = ++last_;
  auto& ending =
      *endings_.emplace(id, std::make_unique<Ending>(context_, std::move(process))).first->second;
  ending.timer.expires_after(grace_);
  ending.timer.async_wait([this, id, alive = std::weak_ptr(alive_)](const auto& stopped) {
    if (!stopped && !alive.expired()) endings_.erase(id);
  });
}

}  // namespace livefix::control
