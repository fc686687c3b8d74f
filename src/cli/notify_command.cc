// livefix notify test: one notification to each receiver, to see whether it gets there.
#include <fmt/format.h>

#include "cli/caller_name.h"
#include "cli/commands.h"
#include "cli/running_answer.h"

namespace livefix::cli {
namespace {

constexpr Milliseconds kPatience{60'000};  // a webhook may take 10 s, a command 30 s

CommandLine describe(ServiceChoice& choice) {
  CommandLine line("livefix notify", "test [options]",
                   "Sends a test event to every [[notify]] of the configuration, once, and tells "
                   "what came of it.");
  choice.describe_to(line);
  line.epilogue(
      "Examples:\n"
      "  livefix notify test\n"
      "  livefix notify test --state /var/lib/livefix\n\n"
      "Exits with 1 when one of them did not take it.");
  return line;
}

}  // namespace

Outcome send_notifications(Arguments arguments) {
  ServiceChoice choice;
  auto line = describe(choice);
  const auto parsed = line.parse_words(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto& words = std::get<std::vector<std::string>>(parsed);
  if (words.size() != 1 || words[0] != "test") {
    return complain("livefix notify takes one word, test; see livefix notify --help", kUsageError);
  }
  return ask_and_print(choice, line.program(),
                       {.is_post = true,
                        .target = fmt::format("/v1/notify/test?who={}", caller_name()),
                        .timeout = kPatience});
}

}  // namespace livefix::cli
