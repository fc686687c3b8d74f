// Where pushes come by HTTP (`[push] listen`), and the page is: the listening socket, who may come
// in, and GitHttp behind it. Owned by RunWorld, used on the driver's thread.
//
// A port that is taken costs no service anything: that is told once, and tried again every few
// seconds. Control listens by itself and not through the keeper: pushes that were under way end
// with the control that decides about them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/announcer.h"
#include "control/control_api.h"
#include "control/dashboard.h"
#include "control/git_http.h"
#include "model/run_spec.h"

namespace livefix::control {

class PushDoor {
 public:
  static constexpr Milliseconds kRetry{3'000};

  // What is asked at requests. All that it refers to must outlive this.
  struct Answers {
    std::function<std::string()> metrics;
    GitAuthorize authorize;
    std::function<std::optional<Token>(std::string_view name)> named;  // as it is now
    std::vector<ControlApi::Route> routes;                             // of the page
  };

  // `context` and `run`, whose commits say where to listen, must outlive this. `mark` goes into the
  // environment of what Git runs, "NAME=value": so it is found when the keeper was killed.
  PushDoor(boost::asio::io_context& context, const RunSpec& run, std::string mark,
           Announcer announcer, Answers answers);

  // Listens, or tries again later. `is_first`: whoever reads along has not been told what is plain
  // about plain HTTP.
  void open(bool is_first);

 private:
  void try_to_listen();
  void refused(const Error& error);

  boost::asio::io_context& context_;
  const RunSpec& run_;
  const Address address_;
  const std::string mark_;
  const Announcer announcer_;
  const std::function<std::string()> metrics_;
  const GitAuthorize authorize_;
  const Dashboard dashboard_;
  std::string told_;  // why it is not open; empty: it was not told
  boost::asio::steady_timer retry_;
  std::unique_ptr<GitHttp> http_;
};

// "http://127.0.0.1:4850/", where the page is; empty: there is no such door.
std::string page_url(const RunSpec& run);
// "http://127.0.0.1:4850/shop.git"; empty: there is no such door.
std::string push_url(const RunSpec& run);

}  // namespace livefix::control
