// POSTs JSON to one server, http:// or https://, a connection each; redirects are not followed.
// Owned by whoever has something to tell, used on the driver's thread; names are looked up on a
// thread of Asio's own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "model/notify_spec.h"

namespace livefix::control {

struct WebPost {
  std::string target;                                       // "/hooks/7f3c"
  std::vector<std::pair<std::string, std::string>> fields;  // beside those of any request
  std::string body;                                         // JSON
};

struct WebAnswer {
  unsigned status = 0;        // 0: there was no answer
  std::string reason{};       // the server's phrase, or why there is no answer; printable ASCII
  std::string retry_after{};  // as it came
  std::string body{};         // empty, too, when it did not come whole

  // "503 Full", or why there is none.
  std::string shown() const;
};

// Of what a stranger said: the beginning, without what could act on a terminal.
std::string ascii_only(std::string_view text);

// Of Retry-After: seconds. Empty or a date: nothing is asked for.
Milliseconds pause_asked_for(std::string_view retry_after);

class WebClient {
 public:
  using Then = std::function<void(const WebAnswer&)>;

  // Both must outlive this.
  WebClient(boost::asio::io_context& context, const WebAddress& address);
  ~WebClient();
  WebClient(const WebClient&) = delete;
  WebClient& operator=(const WebClient&) = delete;

  // Ends by itself after `patience`. `then` is called once, later and never from within, also when
  // this has gone by then.
  void post(WebPost post, Milliseconds patience, Then then);

 private:
  struct Attempt;
  struct Tls;

  boost::asio::io_context& context_;
  const WebAddress& address_;
  std::unique_ptr<Tls> tls_;  // of the first try that needs it
};

}  // namespace livefix::control
