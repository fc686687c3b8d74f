// The control API: HTTP/1.1 on a unix socket, for the command line and for whoever may act as the
// user (docs/control-api.md). One request a connection, small and in time. Owned by the driver,
// used on its thread; Beast is behind it, in one translation unit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "os/fd.h"

namespace boost::asio {
class io_context;
}

namespace livefix::control {

struct ApiAnswer {
  unsigned status = 200;
  std::string body;  // JSON
};

// {"ok":...,"message":"..."}
ApiAnswer api_outcome(unsigned status, bool ok, std::string_view message);

class ControlApi {
 public:
  // May be called later, but only on the driver's thread; does nothing when the client is gone.
  using Respond = std::function<void(ApiAnswer)>;
  struct Handlers {
    std::function<std::string()> status;
    // Of the services that were named; none: of all.
    std::function<void(const std::vector<std::string>& services, Respond)> reload;
    std::function<void(Respond)> stop;
  };

  // `listener`: a listening unix socket, which the keeper owns too; connections that nobody
  // accepted are there for the next control. `context` must outlive this.
  ControlApi(boost::asio::io_context& context, os::Fd listener, Handlers handlers);
  ~ControlApi();
  ControlApi(const ControlApi&) = delete;
  ControlApi& operator=(const ControlApi&) = delete;

 private:
  struct Session;
  struct Impl;
  std::shared_ptr<Impl> impl_;  // responders that outlive it hold it weakly
};

}  // namespace livefix::control
