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

// Pushes need none: without it nobody logs in to the page, and the reason is told.
std::optional<SessionKey> session_key(const RunSpec& run, const Announcer& announcer) {
  auto key = SessionKey::load(in_state(run, kSessionKeyFile));
  if (key) return *key;
  announcer.warn("nobody can log in to the page: " + key.error().message);
  return std::nullopt;
}

}  // namespace

PushDoor::PushDoor(boost::asio::io_context& context, const RunSpec& run, std::string mark,
                   Announcer announcer, Answers answers)
    : context_(context),
      run_(run),
      address_(*run.commits->listen),
      mark_(std::move(mark)),
      announcer_(std::move(announcer)),
      metrics_(std::move(answers.metrics)),
      authorize_(answers.authorize),
      dashboard_({.routes = std::move(answers.routes),
                  .files = page_files(),
                  .authorize = std::move(answers.authorize),
                  .named = std::move(answers.named),
                  .key = session_key(run, announcer_)}),
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
  settings.dashboard = &dashboard_;
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

std::string page_url(const RunSpec& run) {
  if (!run.commits || !run.commits->listen) return {};
  const Address& address = *run.commits->listen;
  return (address.is_any() ? url_of(address) : fmt::format("http://{}", address.to_string())) + "/";
}

std::string push_url(const RunSpec& run) {
  const std::string page = page_url(run);
  return page.empty() ? page : fmt::format("{}{}.git", page, run.name);
}

}  // namespace livefix::control
