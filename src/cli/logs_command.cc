// livefix logs: what the programs wrote.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>

#include "cli/api_client.h"
#include "cli/commands.h"
#include "cli/count.h"
#include "cli/log_line.h"
#include "cli/running_services.h"
#include "cli/service_name.h"

namespace livefix::cli {
namespace {

constexpr Milliseconds kPatience{2'000};

struct Options {
  ServiceChoice choice;
  bool follow = false;
  std::string generation;
  std::string service;
  std::string most = "200";
  bool json = false;
};

CommandLine describe(Options& options) {
  CommandLine line(
      "livefix logs", "[options]",
      "Shows what the programs wrote last, also of generations that are gone; kept are "
      "1,000 lines of each.");
  options.choice.describe_to(line);
  line.flag("-f,--follow", "Go on with what they write, until Ctrl-C", options.follow);
  line.value("--generation", "RELEASE", "Only of this release, or of the generation of this number",
             options.generation);
  line.value("--service", "SERVICE", "Only this service of several", options.service);
  line.value("--most", "N", "How many lines [200]", options.most);
  line.flag("--json", "Events, a JSON object a line, with the time of each", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix logs -f\n"
      "  livefix logs --generation 7f3c2d1 --most 1000\n"
      "  livefix logs --service cart -f | grep -i error");
  return line;
}

// Names, numbers and commits are such that a target takes them as they are.
Result<std::string> target_of(const Options& options) {
  const auto most = parse_count(options.most, 0);  // with -f: what comes from now on
  if (!most) return fail("--most: {}", most.error().message);
  std::string target = fmt::format("/v1/logs?most={}", *most);
  if (options.follow) target += "&follow=true";
  if (!options.service.empty()) {
    if (const auto valid = check_name("--service", options.service); !valid) {
      return std::unexpected(valid.error());
    }
    target += "&service=" + options.service;
  }
  if (!options.generation.empty()) {
    if (valid_name(options.generation) != options.generation) {
      return fail(
          "--generation: \"{}\" is neither a number nor a release, as livefix status shows "
          "them",
          options.generation);
    }
    target += "&generation=" + options.generation;
  }
  return target;
}

bool has_reader() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return poll(&output, 1, 0) == 0 || (output.revents & (POLLERR | POLLHUP)) == 0;
}

// Prints what comes, and remembers how it ended.
class LogPrinter {
 public:
  explicit LogPrinter(const Options& options)
      : options_(options), is_terminal_(UserInterface::of_process().is_terminal) {
    prefix_.release = options.generation.empty();
  }

  void take(std::string_view json) {
    const auto message = parse_log(json);
    if (!message) return;
    if (const auto* opening = std::get_if<LogOpening>(&*message)) {
      prefix_.service = opening->services > 1 && options_.service.empty();
    } else if (const auto* line = std::get_if<LogLine>(&*message)) {
      fmt::print("{}\n", options_.json ? json : log_text(*line, prefix_, is_terminal_));
      if (options_.follow) std::fflush(stdout);
    } else if (const auto* end = std::get_if<LogEnd>(&*message)) {
      end_ = *end;
    }
  }
  const std::optional<LogEnd>& end() const { return end_; }

 private:
  const Options& options_;
  const bool is_terminal_;
  LogPrefix prefix_;
  std::optional<LogEnd> end_;
};

}  // namespace

Outcome show_logs(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto target = target_of(options);
  if (!target) return complain(target.error().message, kUsageError);
  auto service = find_one_running(options.choice, line.program());
  if (!service) return service.error();

  LogPrinter printer(options);
  const auto followed = follow(
      std::move(service->connection), {.target = *target},
      [&](std::string_view json) { printer.take(json); }, has_reader);
  if (const auto& end = printer.end()) return end->ok ? 0 : complain(end->message, 1);
  if (!has_reader()) return 0;
  // Where livefix is still there it has ended this answer alone.
  if (options.follow && !connect_to_socket(service->socket_path, kPatience)) return 0;
  return complain(
      followed ? "livefix ended the log: it was read too slowly, or its control was started again"
               : fmt::format("the log of {}: {}", service->name, followed.error().message),
      1);
}

std::vector<OptionInfo> logs_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
