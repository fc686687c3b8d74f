#include "control/phrases.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ranges>

#include "base/overloaded.h"
#include "base/utf8.h"
#include "releases/tree_survey.h"

namespace livefix::control {

std::string signal_name(int number) {
  const char* name = sigabbrev_np(number);
  return name ? fmt::format("SIG{}", name) : fmt::format("signal {}", number);
}

std::string count_text(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string some_of(const std::vector<std::string>& paths) {
  constexpr std::size_t kNamed = 3;
  const auto shown = paths | std::views::take(kNamed) | std::views::transform(releases::printable);
  std::string names = fmt::format("{}", fmt::join(shown, ", "));
  if (paths.size() > kNamed) names += fmt::format(" and {} more", paths.size() - kNamed);
  return names;
}

std::string ended_text(std::int32_t wait_status) {
  if (WIFSIGNALED(wait_status)) {
    return fmt::format("was killed by {}", signal_name(WTERMSIG(wait_status)));
  }
  return fmt::format("exited with {}", WEXITSTATUS(wait_status));
}

std::string url_of(const Address& address, std::string_view scheme) {
  const bool local = address.is_any() || address.is_loopback();
  const bool brackets = address.family == Family::ipv6 && !address.is_ipv4_mapped();
  const std::string host = local      ? "localhost"
                           : brackets ? fmt::format("[{}]", address.ip())
                                      : address.ip();
  const std::string url = fmt::format("{}://{}", scheme, host);
  const int usual = scheme == "https" ? 443 : scheme == "http" ? 80 : -1;
  return address.port == usual ? url : fmt::format("{}:{}", url, address.port);
}

std::string url_of(const Address& address, const TrafficMatch& match, std::string_view scheme) {
  constexpr std::string_view kLocal = "localhost";
  std::string url = url_of(address, scheme);
  const auto host = std::ranges::find_if(
      match.hosts, [](const std::string& name) { return !name.starts_with("*."); });
  const auto place = url.find(kLocal);
  if (host != match.hosts.end() && place != std::string::npos) {
    url.replace(place, kLocal.size(), *host);
  }
  if (!match.paths.empty() && match.paths.front() != "/") url += match.paths.front();
  return url;
}

std::vector<std::string> urls_of(const std::vector<Address>& addresses, const TrafficMatch& match,
                                 std::string_view scheme) {
  std::vector<std::string> urls;
  for (const Address& address : addresses) {
    std::string url = url_of(address, match, scheme);
    if (std::ranges::find(urls, url) == urls.end()) urls.push_back(std::move(url));
  }
  return urls;
}

std::string_view scheme_of(const TrafficSpec& traffic) {
  return traffic.protocol == Protocol::tcp ? "tcp" : "http";
}

std::string cause_text(const Attempt& attempt) {
  const Cause& cause = attempt.cause;
  switch (cause.kind) {
    case CauseKind::first_start:
      return "start";
    case CauseKind::reload:
      return "reload";
    case CauseKind::crash:
      return fmt::format("restart of {}", attempt.release.name);
    case CauseKind::recovery:
      return "change while control was away";
    case CauseKind::rollout:
      return fmt::format("rollout of {}", attempt.release.name);
    case CauseKind::save:
      break;
  }
  if (cause.paths.empty()) return "files saved";
  if (cause.paths.size() == 1) return fmt::format("{} saved", cause.paths.front());
  if (cause.paths.size() == 2) return fmt::format("{} saved", fmt::join(cause.paths, " and "));
  return fmt::format("{} and {} more saved", cause.paths.front(), cause.paths.size() - 1);
}

std::string Narrator::port_text(const Address& address, std::int32_t os_error,
                                const std::string& holder_service) const {
  if (!holder_service.empty()) {
    return fmt::format(
        "port {} is the service {}'s, and nothing tells requests for the two apart; give one of "
        "them hosts or paths of its own in the configuration file, or another port",
        address.port, holder_service);
  }
  if (os_error == EADDRINUSE) {
    const std::string holder = port_holder ? port_holder(address.port) : std::string();
    return fmt::format("port {} is taken by {}; stop it, or choose another port for this program",
                       address.port, holder.empty() ? "another process" : holder);
  }
  if (os_error == EACCES || os_error == EPERM) {
    return fmt::format(
        "port {} may not be opened by this user ({}); choose one above 1023 for this program, or "
        "run livefix as a user who may",
        address.port, std::strerror(os_error));
  }
  return fmt::format(
      "the program asked for {}, which cannot be opened here: {}; choose another "
      "address for this program",
      address.to_string(), std::strerror(os_error));
}

std::string Narrator::failure_text(const Attempt& attempt, const Failure& why) const {
  const bool first = attempt.cause.kind == CauseKind::first_start;
  // After "src/cart.js saved → " it is clear who exited.
  const std::string who = first ? fmt::format("{} ", service.title) : std::string();
  return std::visit(
      overloaded{
          [&](const NotStarted& failure) { return failure.reason; },
          [&](const BuildFailed& failure) {
            return fmt::format("the build {}", ended_text(failure.wait_status));
          },
          [&](const ExitedEarly& failure) {
            const std::int32_t status = failure.wait_status.value_or(0);
            if (status == 0 && !failure.listened) {
              return fmt::format(
                  "{}exited with 0 and did not listen on a TCP port; livefix runs programs that "
                  "go on and serve one",
                  who);
            }
            return fmt::format("{}{} {} it was ready", who, ended_text(status),
                               failure.was_ready ? "after" : "before");
          },
          [&](const PortTaken& failure) {
            return port_text(failure.address, failure.os_error, failure.holder);
          },
          [&](const NeverListened& failure) {
            return fmt::format(
                "the program did not listen on a TCP port within {}; --ready-timeout gives it more "
                "time",
                duration_text(failure.waited));
          },
          [&](const NeverAccepted& failure) {
            return fmt::format(
                "the program listens on port {} but accepted no connection within {}; "
                "--ready-timeout gives it more time",
                failure.address.port, duration_text(failure.waited));
          },
          [&](const TakenBack& failure) { return fmt::format("taken back: {}", failure.reason); }},
      why);
}

std::string Narrator::crash_text(const GenerationCrashed& crash) const {
  const std::string& name = crash.release.name;
  const std::string lived = duration_text(crash.lived);
  if (!crash.wait_status) return fmt::format("{} ended after {}", name, lived);
  if (WIFSIGNALED(*crash.wait_status)) {
    return fmt::format("{} crashed (killed by {}) after {}", name,
                       signal_name(WTERMSIG(*crash.wait_status)), lived);
  }
  return fmt::format("{} {} (exit {}) after {}", name,
                     *crash.wait_status == 0 ? "ended" : "crashed", WEXITSTATUS(*crash.wait_status),
                     lived);
}

std::string sequel_text(const Sequel& sequel) {
  return std::visit(
      overloaded{
          [](const ServesOn& next) { return fmt::format("still serving {}", next.release.name); },
          [](const WaitsForSave&) { return std::string("waiting for the next save"); },
          [](const WaitsForCommit&) { return std::string("waiting for the next push"); },
          [](const TriesAgain& next) {
            return fmt::format("starting again in {}", duration_text(next.delay));
          },
          [](const StartsNewer&) { return std::string("a newer release is starting"); },
          [](const Ends&) { return std::string(); },
          [](const StaysDown& next) {
            return fmt::format("the other services go on, and {}livefix reload tries again",
                               next.watches ? "a save or " : "");
          }},
      sequel);
}

}  // namespace livefix::control
