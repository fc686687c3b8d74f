// Git over HTTP, for whoever has a token: `git push http://TOKEN@host:4850/shop.git`. Serves one
// repository by git http-backend(1) (docs/control-api.md). Owned by the driver, used on its thread;
// Beast is behind it.
//
// It ends in this order: nothing is accepted, the connections are closed, what Git does for them is
// ended with its hooks, and the destructor returns when it is.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/address.h"
#include "control/git_http_settings.h"
#include "os/fd.h"

namespace boost::asio {
class io_context;
}

namespace livefix::control {

class GitHttp {
 public:
  // `listener`: a listening TCP socket (os::listen_tcp), not to be shared. `context` must outlive
  // this, and what `authorize` refers to as well.
  GitHttp(boost::asio::io_context& context, os::Fd listener, GitHttpSettings settings,
          GitAuthorize authorize);
  ~GitHttp();
  GitHttp(const GitHttp&) = delete;
  GitHttp& operator=(const GitHttp&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // handlers that come after its end hold it weakly
};

// What to tell the user once when that is listened at: tokens and code are not encrypted. nullopt:
// it is loopback.
std::optional<std::string> plain_http_warning(const Address& listened_at);

}  // namespace livefix::control
