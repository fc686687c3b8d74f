// livefix symptoms: which requests fail alike, how often, and since which release.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/running_answer.h"
#include "cli/service_name.h"
#include "cli/symptom_text.h"

namespace livefix::cli {
namespace {

struct SymptomOptions {
  ServiceChoice choice;
  std::string service;
  bool all = false;
  bool json = false;
};

CommandLine describe_symptoms(SymptomOptions& options) {
  CommandLine line("livefix symptoms", "[options] [ID]",
                   "Lists requests that fail alike, the most frequent of the last five minutes "
                   "first: what they ask for, the line that the program wrote, and the release "
                   "that brought it. With an ID all of one. Secrets are never shown.");
  options.choice.describe_to(line);
  line.value("--service", "SERVICE", "Only of this service of several", options.service);
  line.flag("--all", "Also those that were not seen in the last hour", options.all);
  line.flag("--json", "Print what livefix says as JSON", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix symptoms\n"
      "  livefix symptoms 29ab674d34     all of one, with requests to look at");
  return line;
}

Result<std::string> symptoms_target(const SymptomOptions& options,
                                    const std::vector<std::string>& words) {
  if (words.size() > 1 || (words.size() == 1 && !is_symptom_id(words[0]))) {
    return fail("livefix symptoms takes the ID of one, ten digits as livefix symptoms lists them");
  }
  if (!words.empty() && (options.all || !options.service.empty())) {
    return fail("--all and --service are for the list; an ID says which one is meant");
  }
  if (!words.empty()) return "/v1/symptoms?id=" + words[0];
  std::string target = std::string("/v1/symptoms?all=") + (options.all ? "true" : "false");
  if (options.service.empty()) return target;
  if (const auto valid = check_name("--service", options.service); !valid) {
    return std::unexpected(valid.error());
  }
  return target + "&service=" + options.service;
}

}  // namespace

Outcome show_symptoms(Arguments arguments) {
  SymptomOptions options;
  auto line = describe_symptoms(options);
  const auto parsed = line.parse_words(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto& words = std::get<std::vector<std::string>>(parsed);
  const auto target = symptoms_target(options, words);
  if (!target) return complain(target.error().message, kUsageError);
  const auto body = ask_running(options.choice, line.program(), {.target = *target});
  if (!body) return body.error();
  if (options.json) {
    fmt::print("{}", *body);
    return 0;
  }
  const auto text = words.empty() ? symptom_table(*body, options.all) : symptom_text(*body);
  if (!text) return complain(text.error().message, 1);
  fmt::print("{}", *text);
  return 0;
}

std::vector<OptionInfo> symptoms_options() {
  SymptomOptions options;
  return describe_symptoms(options).options();
}

}  // namespace livefix::cli
