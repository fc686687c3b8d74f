#include "cli/git_push.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdlib>

#include "model/push_words.h"
#include "os/session_process.h"
#include "os/signal_queue.h"
#include "os/terminal.h"

namespace livefix::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view kRemote = "remote: ";
constexpr std::string_view kSaid = "livefix  ";
constexpr std::string_view kConfigCount = "GIT_CONFIG_COUNT=";
constexpr std::size_t kMostGitLines = 200;

// Ours, with what Git needs to know beside it.
std::vector<std::string> environment_for(const PushTarget& target) {
  std::vector<std::string> environment;
  int configured = 0;
  for (char** one = environ; *one; ++one) {
    const std::string_view variable = *one;
    if (variable.starts_with(kConfigCount)) {
      configured = std::max(std::atoi(variable.substr(kConfigCount.size()).data()), 0);
    } else if (!variable.starts_with("LC_ALL=") && !variable.starts_with("LANGUAGE=") &&
               !variable.starts_with("LIVEFIX_TOKEN=") && !variable.starts_with("LIVEFIX_URL=")) {
      environment.emplace_back(variable);
    }
  }
  const auto configure = [&](const std::string& key, const std::string& value) {
    environment.push_back(fmt::format("GIT_CONFIG_KEY_{}={}", configured, key));
    environment.push_back(fmt::format("GIT_CONFIG_VALUE_{}={}", configured, value));
    ++configured;
  };
  configure(fmt::format("http.{}.extraHeader", target.url()),
            fmt::format("Authorization: Bearer {}", target.token));
  configure("http.followRedirects", "false");
  configure("credential.helper", "");
  environment.push_back(fmt::format("{}{}", kConfigCount, configured));
  // Its words are looked at below.
  environment.emplace_back("LC_ALL=C");
  environment.emplace_back("GIT_TERMINAL_PROMPT=0");
  return environment;
}

std::vector<std::string> command_of(const GitPush& push) {
  std::vector<std::string> command{"git", "push", "--no-progress", "--no-follow-tags"};
  command.push_back(fmt::format("--push-option={}", kVerdictOption));
  for (const Artifact& one : push.artifacts) {
    command.push_back(fmt::format("--push-option={}{}", kArtifactOption, one.text()));
  }
  command.insert(command.end(), {push.target.url(), push.refspec});
  return command;
}

// Ends Git and its helpers where this process is killed and cannot do it: then nobody holds the
// other end of `alive` any more. Git's helper for HTTP notices nothing, and livefix would go on
// with the rollout. The environment has nothing that a shell needs.
Result<os::SessionProcess> start_guard(const os::SessionProcess& git, int alive, int null) {
  return os::SessionProcess::start(
      {.command = {"sh", "-c", fmt::format("read -r line || kill -s TERM -- -{}", git.pid())},
       .environment = {},
       .standard_input = alive,
       .standard_output = null,
       .standard_error = null});
}

// One Git at work, until its standard error ends.
class Watch {
 public:
  Watch(const GitPush& push, os::SignalQueue signals, os::SessionProcess process, os::Fd output)
      : push_(push),
        signals_(std::move(signals)),
        process_(std::move(process)),
        output_(std::move(output)),
        ends_(Clock::now() + push.timeout) {}

  GitPushEnd until_its_end() {
    while (wait()) {
    }
    if (!pending_.empty()) take_line(pending_);
    if (end_.reason != GitPushEnd::Reason::exited) return std::move(end_);
    pollfd exited{process_.descriptor(), POLLIN, 0};
    while (poll(&exited, 1, -1) < 0 && errno == EINTR) {
    }
    const int status = process_.reap().value_or(0);
    end_.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return std::move(end_);
  }

 private:
  bool wait() {
    const auto left = std::chrono::ceil<Milliseconds>(ends_ - Clock::now()).count();
    if (left <= 0) return break_off(GitPushEnd::Reason::timed_out);
    std::array<pollfd, 2> ready{pollfd{output_.get(), POLLIN, 0}, {signals_.fd(), POLLIN, 0}};
    if (poll(ready.data(), ready.size(), static_cast<int>(std::min<long>(left, 60'000))) <= 0) {
      return true;
    }
    if (ready[1].revents != 0 && signals_.take()) {
      return break_off(GitPushEnd::Reason::interrupted);
    }
    return ready[0].revents == 0 || read_lines();
  }

  // With its helpers: livefix sees that its client has left.
  bool break_off(GitPushEnd::Reason reason) {
    end_.reason = reason;
    process_.signal(SIGTERM);
    return false;
  }

  bool read_lines() {
    std::array<char, 4096> portion;
    const ssize_t size = read(output_.get(), portion.data(), portion.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (size <= 0) return false;
    pending_.append(portion.data(), static_cast<std::size_t>(size));
    std::size_t from = 0;
    for (auto end = pending_.find('\n'); end != std::string::npos;
         end = pending_.find('\n', from)) {
      take_line(std::string_view(pending_).substr(from, end - from));
      from = end + 1;
    }
    pending_.erase(0, from);
    return true;
  }

  void take_line(std::string_view text) {
    GitLine line = parse_git_line(text);
    switch (line.kind) {
      case GitLine::Kind::verdict:
        end_.verdict = parse_told_verdict(line.text);
        return;
      case GitLine::Kind::livefix:
        if (push_.on_line) push_.on_line(line.text);
        return;
      case GitLine::Kind::git:
        if (end_.git_lines.size() < kMostGitLines) end_.git_lines.push_back(std::move(line.text));
        return;
    }
  }

  const GitPush& push_;
  os::SignalQueue signals_;
  os::SessionProcess process_;
  os::Fd output_;
  const TimePoint ends_;
  std::string pending_;
  GitPushEnd end_;
};

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(std::string_view(value->get_string()))
                                     : std::string();
}

}  // namespace

GitLine parse_git_line(std::string_view line) {
  // Git fills lines of the other side with spaces, to write over what was there.
  while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
  if (line == kRemote.substr(0, kRemote.size() - 1)) return {GitLine::Kind::livefix, {}};
  if (!line.starts_with(kRemote)) return {GitLine::Kind::git, std::string(line)};
  line.remove_prefix(kRemote.size());
  if (line.starts_with(kVerdictPrefix)) {
    return {GitLine::Kind::verdict, std::string(line.substr(kVerdictPrefix.size()))};
  }
  if (line.starts_with(kSaid)) line.remove_prefix(kSaid.size());
  return {GitLine::Kind::livefix, std::string(line)};
}

std::optional<ToldVerdict> parse_told_verdict(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const json::object* object = error ? nullptr : value.if_object();
  const json::value* ok = object ? object->if_contains("ok") : nullptr;
  if (!ok || !ok->is_bool()) return std::nullopt;
  ToldVerdict verdict{ok->get_bool(), text_of(*object, "outcome"), text_of(*object, "gate"),
                      text_of(*object, "message")};
  // livefix could not even look at it: it is stopping, say.
  if (verdict.outcome.empty()) verdict.outcome = verdict.ok ? "promoted" : "refused";
  return verdict;
}

Result<GitPushEnd> push_with_git(const GitPush& push) {
  auto signals = os::SignalQueue::open({SIGINT, SIGTERM, SIGHUP});
  if (!signals) return std::unexpected(signals.error());
  auto output = os::open_pipe();
  if (!output) return std::unexpected(output.error());
  const os::Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return fail_errno("/dev/null");
  auto process = os::SessionProcess::start({.command = command_of(push),
                                            .environment = environment_for(push.target),
                                            .standard_input = null.get(),
                                            .standard_output = null.get(),
                                            .standard_error = output->writer.get()});
  if (!process) return std::unexpected(process.error());
  output->writer.reset();
  const auto alive = os::open_pipe();
  if (!alive) return std::unexpected(alive.error());
  const auto guard = start_guard(*process, alive->reader.get(), null.get());
  if (!guard) return std::unexpected(guard.error());
  return Watch(push, std::move(*signals), std::move(*process), std::move(output->reader))
      .until_its_end();
}

}  // namespace livefix::cli
