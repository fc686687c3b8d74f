// livefix reload
#include <fmt/format.h>

#include <cstdio>

#include "cli/api_client.h"
#include "cli/caller_name.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/running_services.h"
#include "cli/service_name.h"
#include "cli/service_status.h"

namespace livefix::cli {
namespace {

struct Options {
  ServiceChoice choice;
  std::vector<std::string> services;
  std::string timeout = "5m";
  bool json = false;
};

CommandLine describe(Options& options) {
  CommandLine line("livefix reload", "[options]",
                   "Starts a new process of the service, or of each one, and switches over to it, "
                   "as a save does;\nwaits for the outcome.");
  options.choice.describe_to(line);
  line.list("--service", "SERVICE", "Only this service of several; repeatable [all]",
            options.services);
  line.value("--timeout", "TIME", "How long to wait for the outcome [5m]", options.timeout);
  line.flag("--json", "Print the outcome as JSON", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix reload\n"
      "  livefix reload --service cart\n"
      "  livefix reload --name shop --timeout 30s\n\n"
      "Exits with 0 when the new process serves, with 1 when the old one still does.");
  return line;
}

// Names are such that a target takes them as they are.
Result<std::string> target_of(const Options& options) {
  std::string target = "/v1/reload?";
  for (const auto& service : options.services) {
    if (const auto valid = check_name("--service", service); !valid) {
      return std::unexpected(valid.error());
    }
    target += fmt::format("service={}&", service);
  }
  return target + "who=" + caller_name();
}

}  // namespace

Outcome reload_service(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto timeout = parse_duration(options.timeout);
  if (!timeout) return complain("--timeout: " + timeout.error().message, kUsageError);
  const auto target = target_of(options);
  if (!target) return complain(target.error().message, kUsageError);
  auto service = find_one_running(options.choice, line.program());
  if (!service) return service.error();

  const auto answer = ask(std::move(service->connection),
                          {.is_post = true, .target = *target, .timeout = *timeout});
  const auto outcome = answer ? parse_outcome(answer->body) : std::unexpected(answer.error());
  if (!outcome) {
    return complain(fmt::format("reloading {}: {}", service->name, outcome.error().message), 1);
  }
  if (options.json) {
    fmt::print("{}{}", answer->body, answer->body.ends_with('\n') ? "" : "\n");
  } else if (outcome->ok) {
    fmt::print("{}\n", outcome->message);
  } else {
    complain(outcome->message, 1);
  }
  return outcome->ok ? 0 : 1;
}

std::vector<OptionInfo> reload_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
