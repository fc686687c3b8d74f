// livefix stop
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "cli/api_client.h"
#include "cli/caller_name.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/running_services.h"
#include "cli/service_status.h"

namespace livefix::cli {
namespace {

struct Options {
  ServiceChoice choice;
  std::string timeout = "5m";
};

CommandLine describe(Options& options) {
  CommandLine line("livefix stop", "[options]",
                   "Lets the service finish the requests under way, stops it, and waits until it "
                   "is gone.");
  options.choice.describe_to(line);
  line.value("--timeout", "TIME", "How long to wait for its end [5m]", options.timeout);
  line.epilogue(
      "Examples:\n"
      "  livefix stop\n"
      "  livefix stop --name shop\n\n"
      "Exits with 0 when it is gone.");
  return line;
}

// Waits for the end of a process, or, where the keeper cannot be seen from here (a container),
// until nobody listens on its socket any more. False: it takes longer than `timeout`.
bool wait_until_gone(const os::Fd& process, const std::string& socket_path, Milliseconds timeout) {
  constexpr Milliseconds kLook{50};
  const auto deadline = Clock::now() + timeout;
  while (true) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    if (process) {
      pollfd ended{process.get(), POLLIN, 0};
      if (poll(&ended, 1, static_cast<int>(left.count())) > 0) return true;
      continue;
    }
    if (!connect_to_socket(socket_path, left)) return true;
    poll(nullptr, 0, static_cast<int>(std::min(left, kLook).count()));
  }
}

}  // namespace

Outcome stop_service(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto timeout = parse_duration(options.timeout);
  if (!timeout) return complain("--timeout: " + timeout.error().message, kUsageError);
  auto service = find_one_running(options.choice, line.program());
  if (!service) return service.error();

  // Held open before it is told to end, so that it cannot be another process by then.
  const pid_t keeper = listener_of(service->connection);
  const os::Fd process(keeper > 0 ? static_cast<int>(syscall(SYS_pidfd_open, keeper, 0)) : -1);
  const auto answer = ask(std::move(service->connection),
                          {.is_post = true, .target = "/v1/stop?who=" + caller_name()});
  const auto outcome = answer ? parse_outcome(answer->body) : std::unexpected(answer.error());
  if (!outcome || !outcome->ok) {
    return complain(fmt::format("stopping {}: {}", service->name,
                                outcome ? outcome->message : outcome.error().message),
                    1);
  }
  if (!wait_until_gone(process, service->socket_path, *timeout)) {
    return complain(fmt::format("{} has not ended within {}; see livefix status", service->name,
                                options.timeout),
                    1);
  }
  fmt::print("{} stopped\n", service->name);
  return 0;
}

std::vector<OptionInfo> stop_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
