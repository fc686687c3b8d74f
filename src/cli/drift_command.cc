// livefix drift: files of a release that are others than those of its commit, and what becomes of
// them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/branch_name.h"
#include "cli/caller_name.h"
#include "cli/commands.h"
#include "cli/json_fields.h"
#include "cli/patch_output.h"
#include "cli/running_answer.h"
#include "cli/terminal_text.h"

namespace livefix::cli {
namespace {

constexpr Milliseconds kPatience{120'000};  // with a large release that was never looked at

struct Options {
  ServiceChoice choice;
  std::string branch;
  bool json = false;
};

CommandLine describe(Options& options) {
  CommandLine line("livefix drift", "[options] [adopt|restore]",
                   "Shows files of what runs that are not as in their commit, because somebody "
                   "edited them there.\nadopt makes a commit of them, on a branch of its own; "
                   "restore puts the committed ones back.");
  options.choice.describe_to(line);
  line.value("--branch", "BRANCH", "Where adopt puts the commit [drift/7f3c2d1-1]", options.branch);
  line.flag("--json", "Print what livefix says as JSON", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix drift\n"
      "  livefix drift adopt && git fetch live drift/7f3c2d1-1\n"
      "  livefix drift restore\n\n"
      "Exits with 3 when there is drift.");
  return line;
}

int print_drift(std::string_view body) {
  const auto answer = parse_json_object(body);
  if (!answer) return complain(answer.error().message, 1);
  const auto drifted = objects_at(*answer, "drift");
  if (drifted.empty()) {
    fmt::print("what runs is what was committed\n");
    return 0;
  }
  const auto user = UserInterface::of_process();
  for (const auto* drift : drifted) {
    const auto whose = fmt::format("{} ({})", text_at(*drift, "release"),
                                   fmt::join(texts_at(*drift, "services"), ", "));
    fmt::print("{}\n", heading(whose, user));
    for (const auto* file : objects_at(*drift, "files")) {
      fmt::print("  {:<8} {}\n", text_at(*file, "kind"), terminal_text(text_at(*file, "path")));
    }
    if (const auto printed = print_patch(*drift, user); !printed) {
      return complain(printed.error().message, 1);
    }
  }
  return kDrifted;
}

int show(const Options& options, const CommandLine& line) {
  const auto body =
      ask_running(options.choice, line.program(), {.target = "/v1/drift", .timeout = kPatience});
  if (!body) return body.error();
  if (!options.json) return print_drift(*body);
  fmt::print("{}", *body);
  const auto answer = parse_json_object(*body);
  return answer && !array_at(*answer, "drift").empty() ? kDrifted : 0;
}

int settle(const Options& options, const CommandLine& line, const std::string& target) {
  const ApiRequest request{.is_post = true, .target = target, .timeout = kPatience};
  if (!options.json) return ask_and_print(options.choice, line.program(), request);
  const auto body = ask_running(options.choice, line.program(), request);
  if (!body) return body.error();
  fmt::print("{}", *body);
  return 0;
}

}  // namespace

Outcome show_drift(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_words(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto& words = std::get<std::vector<std::string>>(parsed);
  const std::string word = words.empty() ? "" : words[0];
  if (words.size() > 1 || (!word.empty() && word != "adopt" && word != "restore")) {
    return complain("livefix drift takes one word: adopt or restore", kUsageError);
  }
  if (!options.branch.empty() && word != "adopt") {
    return complain("--branch is for livefix drift adopt", kUsageError);
  }
  if (word.empty()) return show(options, line);
  std::string target = fmt::format("/v1/drift/{}?who={}", word, caller_name());
  if (!options.branch.empty()) {
    const auto branch = parse_branch(options.branch);
    if (!branch) return complain("--branch: " + branch.error().message, kUsageError);
    if (branch->find_first_of("#%&\"") != std::string::npos) {
      return complain("--branch: write a name without #, %, & and \"", kUsageError);
    }
    target += "&branch=" + *branch;
  }
  return settle(options, line, target);
}

std::vector<OptionInfo> drift_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
