// livefix replay: sends recorded requests again.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "cli/api_client.h"
#include "cli/caller_name.h"
#include "cli/commands.h"
#include "cli/recorded_request.h"
#include "cli/replay_result.h"
#include "cli/running_services.h"
#include "cli/service_status.h"
#include "cli/symptom_text.h"

namespace livefix::cli {
namespace {

struct Options {
  ServiceChoice choice;
  std::string symptom;
  std::string to = "live";
  bool any_method = false;
  bool elsewhere = false;
  bool whole = false;
  bool json = false;
};

CommandLine describe(Options& options) {
  CommandLine line("livefix replay", "[options] ID...",
                   "Sends recorded requests again and tells what has become of them. IDs are their "
                   "numbers, as livefix requests lists them. Only GET, HEAD and OPTIONS are sent "
                   "unless the service allows others. Secrets are sent and never shown.");
  options.choice.describe_to(line);
  line.value("--symptom", "ID", "Instead of numbers: the newest that failed so (livefix symptoms)",
             options.symptom);
  line.value("--to", "PLACE",
             "live: what serves now; candidate: what a rollout is proving; or a program's URL, "
             "\"http://127.0.0.1:3000\" [live]",
             options.to);
  line.flag("--any-method", "Also methods that may change something, as POST", options.any_method);
  line.flag("--elsewhere", "The URL may be another machine's: recorded passwords go there",
            options.elsewhere);
  line.flag("--whole", "Show the request and its new answer (of one)", options.whole);
  line.flag("--json", "Print what livefix says as JSON, a line each", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix replay 17\n"
      "  livefix replay 17 18 --to http://127.0.0.1:3000\n"
      "  livefix replay --symptom 29ab674d34\n"
      "  livefix replay 17 --to candidate --any-method\n"
      "Exit status: 0 none of them fails any more, 1 one does or could not be sent.");
  return line;
}

bool is_id(std::string_view text) {
  constexpr std::size_t kLongest = 18;
  return !text.empty() && text.size() <= kLongest &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "ids=17,18".
Result<std::string> requests_meant(const Options& options, const std::vector<std::string>& ids) {
  constexpr std::size_t kMost = 500;
  if (!options.symptom.empty()) {
    if (!ids.empty()) return fail("name requests, or a symptom by --symptom, not both");
    if (is_symptom_id(options.symptom)) return "symptom=" + options.symptom;
    return fail("--symptom: \"{}\" is none; livefix symptoms lists them", options.symptom);
  }
  if (ids.empty()) {
    return fail("livefix replay takes the numbers of requests, as livefix requests lists them");
  }
  for (const std::string& id : ids) {
    if (!is_id(id)) {
      return fail("\"{}\" is no number of a request; livefix requests lists them", id);
    }
  }
  if (ids.size() > kMost) {
    return fail("these are {} requests, and {} at once is the most", ids.size(), kMost);
  }
  return fmt::format("ids={}", fmt::join(ids, ","));
}

Result<std::string> target_of(const Options& options, const std::vector<std::string>& ids) {
  const auto meant = requests_meant(options, ids);
  if (!meant) return meant;
  if (options.whole && ids.size() != 1) return fail("--whole shows one request; name one");
  const auto fits = [](char c) { return c > ' ' && c < 0x7f && c != '&' && c != '#' && c != '?'; };
  if (options.to.empty() || !std::ranges::all_of(options.to, fits)) {
    return fail("--to: \"{}\" is no place; write live, candidate or \"http://127.0.0.1:3000\"",
                options.to);
  }
  return fmt::format("/v1/replay?{}&to={}{}{}{}&who={}", *meant, options.to,
                     options.any_method ? "&any_method=true" : "",
                     options.elsewhere ? "&elsewhere=true" : "", options.whole ? "&whole=true" : "",
                     caller_name());
}

bool somebody_reads() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return poll(&output, 1, 0) == 0 || (output.revents & (POLLERR | POLLHUP)) == 0;
}

// Prints what comes, and remembers how it ended.
class ReplayPrinter {
 public:
  explicit ReplayPrinter(const Options& options) : options_(options) {}

  void take(std::string_view json) {
    const auto line = parse_replay_line(json);
    if (!line) return;
    if (options_.json) fmt::print("{}\n", json);
    if (const auto* totals = std::get_if<ReplayTotals>(&*line)) {
      totals_ = *totals;
    } else if (const auto* failed = std::get_if<ReplayRefusal>(&*line)) {
      refusal_ = failed->message;
    } else if (!options_.json) {
      const auto& request = std::get<ReplayedRequest>(*line);
      fmt::print("{}", replayed_text(request));
      if (const auto whole = parse_recorded_request(request.exchange); whole && options_.whole) {
        fmt::print("\n{}", recorded_text(*whole));
      }
    }
    std::fflush(stdout);
  }
  const std::optional<ReplayTotals>& totals() const { return totals_; }
  const std::string& refusal() const { return refusal_; }

 private:
  const Options& options_;
  std::optional<ReplayTotals> totals_;
  std::string refusal_;
};

}  // namespace

Outcome replay_requests(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_words(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto target = target_of(options, std::get<std::vector<std::string>>(parsed));
  if (!target) return complain(target.error().message, kUsageError);
  auto service = find_one_running(options.choice, line.program());
  if (!service) return service.error();

  ReplayPrinter printer(options);
  const auto followed = follow(
      std::move(service->connection), {.is_post = true, .target = *target},
      [&](std::string_view json) { printer.take(json); }, somebody_reads);
  if (const auto& totals = printer.totals()) {
    return totals->failing == 0 && totals->not_sent == 0 ? 0 : 1;
  }
  if (!printer.refusal().empty()) {
    return options.json ? Outcome(1) : Outcome(complain(printer.refusal(), 1));
  }
  if (!somebody_reads()) return 1;
  return complain(
      followed ? "livefix ended the replay: its control was started again; try again"
               : fmt::format("the replay of {}: {}", service->name, followed.error().message),
      1);
}

std::vector<OptionInfo> replay_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
