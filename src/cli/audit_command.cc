// livefix audit log|verify: what is on record, and whether the record is whole.
#include <fmt/format.h>

#include "cli/audit_log.h"
#include "cli/commands.h"
#include "cli/count.h"
#include "cli/running_answer.h"

namespace livefix::cli {
namespace {

constexpr std::size_t kMostEvents = 1'000;  // that control tells

struct Options {
  ServiceChoice choice;
  std::string most = "20";
  std::string head;
  bool json = false;
};

CommandLine describe(Options& options) {
  CommandLine line("livefix audit", "log|verify [options]",
                   "log: lists the last events of the ledger, newest last: when, who, what.\n"
                   "verify: reads the whole ledger and computes its hashes anew: was anything "
                   "changed?");
  options.choice.describe_to(line);
  line.value("--most", "N", "How many events of the log, at most 1000 [20]", options.most);
  line.value("--head", "SEQUENCE:HASH",
             "Verify also that nothing was cut off or written anew since\nlivefix audit verify "
             "printed this head",
             options.head);
  line.flag("--json", "Print the log as JSON, with all that is on record of each", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix audit log\n"
      "  livefix audit log --most 200 | grep token\n"
      "  livefix audit verify\n"
      "  livefix audit verify --head 12:9f86d081...");
  return line;
}

int show_log(const Options& options, const std::string& program) {
  const auto most = parse_count(options.most, 1);
  if (!most) return complain("--most: " + most.error().message, kUsageError);
  if (*most > kMostEvents) {
    return complain(fmt::format("--most: \"{}\" is too many; write {} or less, or read the ledger "
                                "itself",
                                options.most, kMostEvents),
                    kUsageError);
  }
  const auto body =
      ask_running(options.choice, program, {.target = fmt::format("/v1/audit/log?most={}", *most)});
  if (!body) return body.error();
  if (options.json) {
    fmt::print("{}", *body);
    return 0;
  }
  const auto events = parse_audit_log(*body);
  if (!events) return complain(events.error().message, 1);
  fmt::print("{}", audit_table(*events));
  return 0;
}

int verify(const Options& options, const std::string& program) {
  std::string target = "/v1/audit";
  if (!options.head.empty()) {
    // Of anything else there could be no question; what of it is wrong, livefix says.
    if (options.head.find_first_not_of("0123456789abcdefABCDEF:") != std::string::npos) {
      return complain(
          fmt::format("--head: \"{}\" is no head; write SEQUENCE:HASH, as livefix audit "
                      "verify prints it",
                      options.head),
          kUsageError);
    }
    target += "?head=" + options.head;
  }
  return ask_and_print(options.choice, program,
                       {.target = target, .timeout = Milliseconds{300'000}});
}

}  // namespace

Outcome audit_ledger(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_words(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto& words = std::get<std::vector<std::string>>(parsed);
  const std::string verb = words.size() == 1 ? words[0] : "";
  if (verb == "log" && !options.head.empty()) {
    return complain("--head is for livefix audit verify", kUsageError);
  }
  if (verb == "log") return show_log(options, line.program());
  if (verb == "verify") return verify(options, line.program());
  return complain("livefix audit takes one word, log or verify; see livefix audit --help",
                  kUsageError);
}

std::vector<OptionInfo> audit_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
