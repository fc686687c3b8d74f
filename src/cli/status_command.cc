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
  line.flag("--json", "Print what livefix says as JSON, a line for each service", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix status                 a table\n"
      "  livefix status --json          for scripts\n"
      "  livefix status --dir ~/shop    from somewhere else\n\n"
      "Exits with 1 when nothing runs.");
  return line;
}

// Of each service, and as it came.
Result<std::vector<std::pair<ServiceStatus, std::string>>> ask_for_status(os::Fd connection) {
  const auto answer = ask(std::move(connection), {.target = "/v1/status"});
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) return fail("it answered with the HTTP status {}", answer->status);
  auto each = split_status(answer->body);
  if (!each) return std::unexpected(each.error());
  std::vector<std::pair<ServiceStatus, std::string>> statuses;
  for (auto& json : *each) {
    auto status = parse_status(json);
    if (!status) return std::unexpected(status.error());
    statuses.emplace_back(std::move(*status), std::move(json));
  }
  return statuses;
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
  for (auto& run : *running) {
    const auto statuses = ask_for_status(std::move(run.connection));
    if (!statuses) {
      exit_status = complain(
          fmt::format("asking {} for its status: {}", run.name, statuses.error().message), 1);
      continue;
    }
    for (const auto& [status, json] : *statuses) {
      shown.push_back(status);
      if (options.json) fmt::print("{}\n", json);
    }
  }
  if (options.json) return exit_status;
  if (!shown.empty()) fmt::print("{}", status_table(shown));
  return exit_status;
}

std::vector<OptionInfo> status_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
