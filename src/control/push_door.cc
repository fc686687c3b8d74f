#include "control/push_door.h"

#include <fmt/format.h>

#include "control/commit_store.h"
#include "control/phrases.h"
#include "control/port_holder.h"
#include "os/tcp_listener.h"

namespace livefix::control {
namespace {

std::string in_state(const RunSpec& run, std::string_view name) {
  return fmt::format("{}/{}", run.commits->state_directory, name);
}

}  // namespace

PushDoor::PushDoor(boost::asio::io_context& context, const RunSpec& run, std::string mark,
                   Announcer announcer, std::function<std::string()> metrics,
                   GitAuthorize authorize)
    : context_(context),
      run_(run),
      address_(*run.commits->listen),
      mark_(std::move(mark)),
      announcer_(std::move(announcer)),
      metrics_(std::move(metrics)),
      authorize_(std::move(authorize)),
      retry_(context) {}

void PushDoor::open(bool is_first) {
  if (const auto warning = is_first ? plain_http_warning(address_) : std::nullopt) {
    announcer_.warn(*warning);
  }
  try_to_listen();
}

void PushDoor::try_to_listen() {
  auto listener = os::listen_tcp(address_, {.share_port = false});
  if (!listener) return refused(listener.error());
  GitHttpSettings settings;
  settings.url_name = run_.name + ".git";
  settings.repository = in_state(run_, settings.url_name);
  settings.artifacts = artifacts_of(*run_.commits).directory();
  settings.environment = {mark_};
  settings.metrics = metrics_;
  settings.complain = [this](const std::string& text) { announcer_.warn(text); };
  http_ =
      std::make_unique<GitHttp>(context_, std::move(*listener), std::move(settings), authorize_);
  if (!told_.empty()) announcer_.say(Mark::plain, "pushes come at " + push_url(run_) + " now");
}

void PushDoor::refused(const Error& error) {
  const std::string holder = error.os_error == EADDRINUSE ? port_holder(address_.port) : "";
  const std::string why =
      holder.empty() ? error.message : fmt::format("{} has {}", holder, address_.to_string());
  if (told_ != why) {
    announcer_.warn(
        fmt::format("no pushes over HTTP for now: {}; it is tried again every {}, or "
                    "write another address at push.listen",
                    why, duration_text(kRetry)));
    told_ = why;
  }
  retry_.expires_after(kRetry);
  retry_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) try_to_listen();
  });
}

std::string push_url(const RunSpec& run) {
  if (!run.commits || !run.commits->listen) return {};
  const Address& address = *run.commits->listen;
  const std::string root =
      address.is_any() ? url_of(address) : fmt::format("http://{}", address.to_string());
  return fmt::format("{}/{}.git", root, run.name);
}

}  // namespace livefix::control
