// A client of the control API: one request, one answer, over the service's unix socket. Beast is
// behind it, in one translation unit.
#pragma once

#include <sys/types.h>

#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"

namespace livefix::cli {

struct ApiRequest {
  bool is_post = false;
  std::string target;  // "/v1/status"
  Milliseconds timeout{5000};
  std::string body{};  // JSON, of a POST
};

struct ApiAnswer {
  unsigned status = 0;  // of HTTP
  std::string body;
};

// Connects to a unix socket, whose path may be longer than the 107 bytes of sockaddr_un. The
// error's os_error is that of connect(2): ECONNREFUSED means that nobody listens any more.
Result<os::Fd> connect_to_socket(const std::string& path, Milliseconds timeout);

// The process that listens on the other side: the keeper. 0 when it is in another pid namespace.
pid_t listener_of(const os::Fd& connection);

// The error is a sentence about what was wrong: no answer in time, or one that is not HTTP.
Result<ApiAnswer> ask(os::Fd connection, const ApiRequest& request);

// The same where the answer comes line by line, each as soon as it is there; it may take as long as
// it does, and as `goes_on` says, which is asked every half second. Its end closes the connection.
Status follow(os::Fd connection, const ApiRequest& request,
              const std::function<void(std::string_view line)>& on_line,
              const std::function<bool()>& goes_on);

}  // namespace livefix::cli
