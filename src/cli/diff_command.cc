// livefix diff: what runs against a commit.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"
#include "cli/json_fields.h"
#include "cli/patch_output.h"
#include "cli/revision.h"
#include "cli/running_answer.h"

namespace livefix::cli {
namespace {

constexpr Milliseconds kPatience{60'000};  // with a large repository
constexpr std::size_t kShort = 7;          // of a commit

struct Options {
  ServiceChoice choice;
  bool json = false;
};

CommandLine describe(Options& options) {
  CommandLine line(
      "livefix diff", "[options] [COMMIT]",
      "Shows what would change: from what runs to COMMIT [head of the live branch], as "
      "git diff does.\nAt most 1 MiB. Where it is piped it is a patch, byte for byte.");
  options.choice.describe_to(line);
  line.flag("--json", "Print what livefix says as JSON", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix diff try\n"
      "  livefix diff 7f3c2d1 > fix.patch");
  return line;
}

// Where services run different commits, a line says whose diff it is; `git apply` passes it over.
int print_diffs(std::string_view body) {
  const auto answer = parse_json_object(body);
  if (!answer) return complain(answer.error().message, 1);
  const auto user = UserInterface::of_process();
  const auto diffs = objects_at(*answer, "diffs");
  for (const auto* diff : diffs) {
    if (diffs.size() > 1) {
      const auto whose = fmt::format("{}: {} to {}", fmt::join(texts_at(*diff, "services"), ", "),
                                     text_at(*diff, "from").substr(0, kShort),
                                     text_at(*diff, "to").substr(0, kShort));
      fmt::print("{}\n", heading(whose, user));
    }
    if (const auto printed = print_patch(*diff, user); !printed) {
      return complain(printed.error().message, 1);
    }
  }
  return 0;
}

}  // namespace

Outcome show_diff(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_words(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto target =
      commit_target("/v1/diff", std::get<std::vector<std::string>>(parsed), line.program());
  if (!target) return complain(target.error().message, kUsageError);
  const auto body =
      ask_running(options.choice, line.program(), {.target = *target, .timeout = kPatience});
  if (!body) return body.error();
  if (!options.json) return print_diffs(*body);
  fmt::print("{}", *body);
  return 0;
}

std::vector<OptionInfo> diff_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
