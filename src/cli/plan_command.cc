// livefix plan: what a push would do, before it is made.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/release_plan.h"
#include "cli/revision.h"
#include "cli/running_answer.h"

namespace livefix::cli {
namespace {

constexpr Milliseconds kPatience{60'000};  // with a large repository

struct Options {
  ServiceChoice choice;
  bool json = false;
};

CommandLine describe(Options& options) {
  CommandLine line("livefix plan", "[options] [COMMIT]",
                   "Tells what a push of COMMIT would do with each service, and why: nothing, a "
                   "handover, or a refusal.\nCOMMIT is what the repository has, pushed to any "
                   "branch [head of the live branch].");
  options.choice.describe_to(line);
  line.flag("--json", "Print what livefix says as JSON", options.json);
  line.epilogue(
      "Examples:\n"
      "  git push live HEAD:refs/heads/try && livefix plan try\n"
      "  livefix plan 7f3c2d1");
  return line;
}

}  // namespace

Outcome show_plan(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_words(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto target =
      commit_target("/v1/plan", std::get<std::vector<std::string>>(parsed), line.program());
  if (!target) return complain(target.error().message, kUsageError);
  const auto body =
      ask_running(options.choice, line.program(), {.target = *target, .timeout = kPatience});
  if (!body) return body.error();
  if (options.json) {
    fmt::print("{}", *body);
    return 0;
  }
  const auto text = plan_text(*body);
  if (!text) return complain(text.error().message, 1);
  fmt::print("{}", *text);
  return 0;
}

std::vector<OptionInfo> plan_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
