// The commands about a rollout that is under way, and the way back: livefix pause, resume, promote,
// abort, rollback.
#include <fmt/format.h>

#include "cli/caller_name.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/running_answer.h"

namespace livefix::cli {
namespace {

struct Options {
  ServiceChoice choice;
  bool ref_only = false;
  std::string timeout = "5m";
};

CommandLine describe(Options& options, const std::string& name, const std::string& what) {
  CommandLine line("livefix " + name, "[options]", what);
  options.choice.describe_to(line);
  line.epilogue(
      fmt::format("Examples:\n  livefix {0}\n  livefix {0} --state /var/lib/livefix", name));
  return line;
}

Outcome about_rollout(Arguments arguments, const std::string& name, const std::string& what) {
  Options options;
  auto line = describe(options, name, what);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  return ask_and_print(
      options.choice, line.program(),
      {.is_post = true, .target = fmt::format("/v1/{}?who={}", name, caller_name())});
}

CommandLine describe_rollback(Options& options) {
  CommandLine line(
      "livefix rollback", "[options] [ID]",
      "Goes back to what ran before, or to what rollout ID brought: at once while its "
      "processes are\nwarm. ID is its number, or a commit. A commit on the branch says "
      "so.");
  options.choice.describe_to(line);
  line.flag("--ref-only", "Move the branch back to that commit instead", options.ref_only);
  line.value("--timeout", "TIME", "How long to wait for the outcome [5m]", options.timeout);
  line.epilogue("Examples:\n  livefix rollback\n  livefix rollback 12\n  livefix rollback a1b2c3d");
  return line;
}

}  // namespace

Outcome pause_rollout(Arguments arguments) {
  return about_rollout(arguments, "pause", "Holds the rollout at the share that it has.");
}

Outcome resume_rollout(Arguments arguments) {
  return about_rollout(arguments, "resume", "Lets a rollout go on that was paused.");
}

Outcome promote_rollout(Arguments arguments) {
  return about_rollout(arguments, "promote",
                       "Skips what is left of the steps: all traffic goes to the new release.");
}

Outcome abort_rollout(Arguments arguments) {
  return about_rollout(arguments, "abort",
                       "Ends the rollout: what ran before has all traffic again.");
}

Outcome roll_back(Arguments arguments) {
  Options options;
  auto line = describe_rollback(options);
  const auto parsed = line.parse_words(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto& words = std::get<std::vector<std::string>>(parsed);
  const auto timeout = parse_duration(options.timeout);
  if (!timeout) return complain("--timeout: " + timeout.error().message, kUsageError);
  if (words.size() > 1 ||
      (words.size() == 1 && words[0].find_first_not_of("0123456789abcdef-") != std::string::npos)) {
    return complain(
        "livefix rollback takes the number of a rollout or a commit, as livefix history lists "
        "them",
        kUsageError);
  }
  std::string target = fmt::format("/v1/rollback?who={}", caller_name());
  if (!words.empty()) target += "&to=" + words[0];
  if (options.ref_only) target += "&ref_only=true";
  return ask_and_print(options.choice, line.program(),
                       {.is_post = true, .target = target, .timeout = *timeout});
}

std::vector<OptionInfo> choice_options() {
  Options options;
  return describe(options, "abort", "").options();
}

std::vector<OptionInfo> rollback_options() {
  Options options;
  return describe_rollback(options).options();
}

}  // namespace livefix::cli
