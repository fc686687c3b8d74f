// livefix status
#include <fmt/format.h>

#include <cstdio>

#include "cli/api_client.h"
#include "cli/commands.h"
#include "cli/running_services.h"
#include "cli/service_status.h"

namespace livefix::cli {
namespace {

struct Options {
  ServiceChoice choice;
  bool json = false;
};

CommandLine describe(Options& options) {
  CommandLine line("livefix status", "[options]",
                   "Shows the services that run here, or in a directory above.");
  options.choice.describe_to(line);
  line.flag("--json", "Print what the service says as JSON, one object a line", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix status                 a table\n"
      "  livefix status --json          for scripts\n"
      "  livefix status --dir ~/shop    from somewhere else\n\n"
      "Exits with 1 when nothing runs.");
  return line;
}

}  // namespace

Outcome show_status(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  auto running = find_running(options.choice);
  if (!running) return running.error();

  int exit_status = 0;
  std::vector<ServiceStatus> shown;
  for (auto& service : *running) {
    const auto answer = ask(std::move(service.connection), {.target = "/v1/status"});
    const auto status = !answer ? std::unexpected(answer.error())
                        : answer->status == 200
                            ? parse_status(answer->body)
                            : fail("it answered with the HTTP status {}", answer->status);
    if (!status) {
      exit_status = complain(
          fmt::format("asking {} for its status: {}", service.name, status.error().message), 1);
    } else if (options.json) {
      fmt::print("{}{}", answer->body, answer->body.ends_with('\n') ? "" : "\n");
    } else {
      shown.push_back(*status);
    }
  }
  if (!shown.empty()) fmt::print("{}", status_table(shown));
  return exit_status;
}

std::vector<OptionInfo> status_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
