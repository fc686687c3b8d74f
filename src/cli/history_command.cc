// livefix history, livefix show: what was rolled out, and how it went.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/count.h"
#include "cli/rollout_history.h"
#include "cli/running_answer.h"

namespace livefix::cli {
namespace {

struct Options {
  ServiceChoice choice;
  std::string most = "20";
  bool json = false;
};

CommandLine describe_history(Options& options) {
  CommandLine line("livefix history", "[options]",
                   "Lists what was rolled out, newest first; * is what runs.");
  options.choice.describe_to(line);
  line.value("--most", "N", "How many [20]", options.most);
  line.flag("--json", "Print what livefix says as JSON", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix history\n"
      "  livefix show 12                all of one\n"
      "  livefix rollback               back to what ran before");
  return line;
}

CommandLine describe_show(Options& options) {
  CommandLine line("livefix show", "[options] ID",
                   "Tells all of a rollout: its steps, figures and verdict. ID is its number, or a "
                   "commit.");
  options.choice.describe_to(line);
  line.flag("--json", "Print what livefix says as JSON", options.json);
  line.epilogue("Examples:\n  livefix show 12\n  livefix show 7f3c2d1");
  return line;
}

}  // namespace

Outcome show_history(Arguments arguments) {
  Options options;
  auto line = describe_history(options);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto most = parse_count(options.most, 1);
  if (!most) return complain("--most: " + most.error().message, kUsageError);
  const auto body = ask_running(options.choice, line.program(), {.target = "/v1/history"});
  if (!body) return body.error();
  if (options.json) {
    fmt::print("{}", *body);
    return 0;
  }
  const auto history = parse_history(*body);
  if (!history) return complain(history.error().message, 1);
  fmt::print("{}", history_table(*history, *most));
  return 0;
}

Outcome show_rollout(Arguments arguments) {
  Options options;
  auto line = describe_show(options);
  const auto parsed = line.parse_words(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto& words = std::get<std::vector<std::string>>(parsed);
  const bool is_word =
      words.size() == 1 && words[0].find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_word) {
    return complain(
        "livefix show takes the number of a rollout or a commit, as livefix history "
        "lists them",
        kUsageError);
  }
  const auto body =
      ask_running(options.choice, line.program(), {.target = "/v1/rollout?id=" + words[0]});
  if (!body) return body.error();
  if (options.json) {
    fmt::print("{}", *body);
    return 0;
  }
  const auto rollout = parse_rollout(*body);
  if (!rollout) return complain(rollout.error().message, 1);
  fmt::print("{}", rollout_text(*rollout));
  return 0;
}

std::vector<OptionInfo> history_options() {
  Options options;
  return describe_history(options).options();
}

std::vector<OptionInfo> show_options() {
  Options options;
  return describe_show(options).options();
}

}  // namespace livefix::cli
