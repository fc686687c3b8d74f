// The page on the control port: its files, who may log in, and the control API behind the rights of
// tokens (docs/dashboard.md). Knows nothing of connections. Owned by PushDoor, used on the driver's
// thread.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "control/control_api.h"
#include "control/door_request.h"
#include "control/failed_attempts.h"
#include "control/git_http_settings.h"
#include "control/page_files.h"
#include "control/session_key.h"

namespace livefix::control {

inline constexpr std::string_view kSessionCookie = "livefix_session";

class Dashboard {
 public:
  struct Parts {
    std::vector<ControlApi::Route> routes;  // all there are; door_rights says which are served
    std::span<const PageFile> files;
    GitAuthorize authorize;
    // The token of that name, as it is now.
    std::function<std::optional<Token>(std::string_view name)> named;
    // nullopt: it could not be read or made, and nobody gets a session.
    std::optional<SessionKey> key;
  };
  struct Times {
    TimePoint now;
    std::chrono::sys_seconds wall;
  };
  // Whether whoever began a stream may go on with it.
  using MayGoOn = std::function<bool(std::chrono::sys_seconds now)>;

  explicit Dashboard(Parts parts) : parts_(std::move(parts)) {}

  // Others are Git's.
  bool takes(std::string_view target) const;

  // The answer; or nullopt and `client` gets it, now or later. `may_go_on` is set then.
  std::optional<DoorAnswer> handle(const DoorRequest& request, FailedAttempts& failed, Times times,
                                   const std::shared_ptr<ApiClient>& client,
                                   MayGoOn& may_go_on) const;

 private:
  struct Visitor {
    Token token;
    std::chrono::sys_seconds ends;  // of the session
    bool has_cookie = false;        // and not a token of its own
  };

  std::optional<DoorAnswer> file_answer(const DoorRequest& request) const;
  DoorAnswer log_in(const DoorRequest& request, FailedAttempts& failed, Times times) const;
  static DoorAnswer log_out(const DoorRequest& request);
  std::expected<Visitor, DoorAnswer> visitor_of(const DoorRequest& request, Scope needed,
                                                FailedAttempts& failed, Times times) const;
  std::optional<DoorAnswer> ask_api(const DoorRequest& request, FailedAttempts& failed, Times times,
                                    const std::shared_ptr<ApiClient>& client,
                                    MayGoOn& may_go_on) const;

  const Parts parts_;
};

}  // namespace livefix::control
