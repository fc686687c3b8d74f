// livefix metrics, livefix routes: what the proxy has counted.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/route_table.h"
#include "cli/running_answer.h"

namespace livefix::cli {
namespace {

struct Options {
  ServiceChoice choice;
  bool all = false;
  bool json = false;
};

CommandLine describe_metrics(Options& options) {
  CommandLine line("livefix metrics", "[options]",
                   "Prints what livefix counts, as Prometheus reads it (GET /metrics).");
  options.choice.describe_to(line);
  line.epilogue(
      "Examples:\n"
      "  livefix metrics | grep livefix_requests_total\n"
      "  livefix metrics | promtool check metrics");
  return line;
}

CommandLine describe_routes(Options& options) {
  CommandLine line(
      "livefix routes", "[options]",
      "Shows the routes of what serves: requests, errors, and how long the program takes "
      "to begin its answer.");
  options.choice.describe_to(line);
  line.flag("--all", "Of the other generations, too", options.all);
  line.flag("--json", "Print what livefix says as JSON", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix routes                 the busiest first\n"
      "  livefix routes --all           also what drains or is being proven");
  return line;
}

}  // namespace

Outcome print_metrics(Arguments arguments) {
  Options options;
  auto line = describe_metrics(options);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto body = ask_running(options.choice, line.program(), {.target = "/metrics"});
  if (!body) return body.error();
  fmt::print("{}", *body);
  return 0;
}

Outcome show_routes(Arguments arguments) {
  Options options;
  auto line = describe_routes(options);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto body = ask_running(options.choice, line.program(), {.target = "/v1/routes"});
  if (!body) return body.error();
  if (options.json) {
    fmt::print("{}", *body);
    return 0;
  }
  const auto table = route_table(*body, options.all);
  if (!table) return complain(table.error().message, 1);
  fmt::print("{}", *table);
  return 0;
}

std::vector<OptionInfo> metrics_options() {
  Options options;
  return describe_metrics(options).options();
}

std::vector<OptionInfo> routes_options() {
  Options options;
  return describe_routes(options).options();
}

}  // namespace livefix::cli
