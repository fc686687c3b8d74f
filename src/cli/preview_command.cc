// livefix preview: lets whoever asks see a release before others do.
#include <fmt/format.h>

#include "cli/caller_name.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/json_fields.h"
#include "cli/preview_text.h"
#include "cli/running_answer.h"
#include "cli/service_name.h"

namespace livefix::cli {
namespace {

struct Options {
  ServiceChoice choice;
  std::string service;
  std::string generation;
  std::string time = "1h";
  bool json = false;
};

CommandLine describe(Options& options) {
  CommandLine line(
      "livefix preview", "[options]",
      "Prints a link that shows the release which a rollout is trying, before it has "
      "traffic, and the\nsame for curl. Nobody else sees it. While livefix pause holds "
      "the rollout there is time to look.");
  options.choice.describe_to(line);
  line.value("--service", "SERVICE", "Of this service of several", options.service);
  line.value("--generation", "N",
             "Another one that runs: its number, as livefix status lists it, or its release",
             options.generation);
  line.value("--for", "TIME", "How long the link is good, a day at most [1h]", options.time);
  line.flag("--json", "Print what livefix says as JSON", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix preview\n"
      "  livefix preview --for 8h --service cart\n"
      "Whoever has the link can open it.");
  return line;
}

// Names and numbers are such that a target takes them as they are.
Result<std::string> target_of(const Options& options) {
  const auto time = parse_duration(options.time);
  if (!time) return fail("--for: {}", time.error().message);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*time);
  if (seconds < std::chrono::seconds{1}) {
    return fail("--for: {} is too short to open a link; write \"10m\"", options.time);
  }
  std::string target = fmt::format("/v1/preview?for={}&who={}", seconds.count(), caller_name());
  if (!options.service.empty()) {
    if (const auto valid = check_name("--service", options.service); !valid) {
      return std::unexpected(valid.error());
    }
    target += "&service=" + options.service;
  }
  if (!options.generation.empty()) {
    if (options.generation.find_first_not_of("0123456789abcdef-") != std::string::npos) {
      return fail("--generation: \"{}\" is none; livefix status lists them", options.generation);
    }
    target += "&generation=" + options.generation;
  }
  return target;
}

}  // namespace

Outcome show_preview(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto target = target_of(options);
  if (!target) return complain(target.error().message, kUsageError);
  const auto body =
      ask_running(options.choice, line.program(), {.is_post = true, .target = *target});
  if (!body) return body.error();
  if (options.json) {
    fmt::print("{}", *body);
    return 0;
  }
  const auto preview = parse_json_object(*body);
  if (!preview) return complain(preview.error().message, 1);
  fmt::print("{}", preview_text(*preview));
  return 0;
}

std::vector<OptionInfo> preview_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
