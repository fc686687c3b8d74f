// livefix requests, livefix request: what was recorded of requests that failed, and of some that
// did not.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cli/commands.h"
#include "cli/json_fields.h"
#include "cli/recorded_request.h"
#include "cli/running_answer.h"
#include "cli/service_name.h"

namespace livefix::cli {
namespace {

struct ListOptions {
  ServiceChoice choice;
  std::string service;
  std::string route;
  std::string status;
  std::string most = "50";
  bool failures = false;
  bool json = false;
};

struct ShowOptions {
  ServiceChoice choice;
  bool curl = false;
  bool har = false;
  bool json = false;
};

CommandLine describe_list(ListOptions& options) {
  CommandLine line(
      "livefix requests", "[options]",
      "Lists recorded requests, newest first: those that failed, and a sample of those "
      "that did not. Secrets are never shown.");
  options.choice.describe_to(line);
  line.value("--service", "SERVICE", "Only of this service of several", options.service);
  line.value("--route", "ROUTE", "Only of this route, \"/cart/:id\"", options.route);
  line.value("--status", "STATUS", "Only with this status", options.status);
  line.flag("--failures", "Without the samples", options.failures);
  line.value("--most", "N", "How many [50]", options.most);
  line.flag("--json", "Print what livefix says as JSON", options.json);
  line.epilogue(
      "Examples:\n"
      "  livefix requests\n"
      "  livefix requests --route /checkout --status 500\n"
      "  livefix request 17              all of one");
  return line;
}

CommandLine describe_show(ShowOptions& options) {
  CommandLine line("livefix request", "[options] ID",
                   "Shows a recorded request and its answer. ID is its number, as livefix requests "
                   "lists them. Secrets are never shown.");
  options.choice.describe_to(line);
  line.flag("--curl", "As a command for the shell", options.curl);
  line.flag("--har", "As an HTTP archive, for a browser", options.har);
  line.flag("--json", "Print what livefix says as JSON", options.json);
  line.epilogue("Examples:\n  livefix request 17\n  livefix request 17 --har > 17.har");
  return line;
}

bool is_number(std::string_view text) {
  constexpr std::size_t kLongest = 18;
  return !text.empty() && text.size() <= kLongest &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Names, numbers and routes are such that a target takes them as they are.
Result<std::string> target_of(const ListOptions& options) {
  if (!is_number(options.most)) {
    return fail("--most: \"{}\" is no number of requests", options.most);
  }
  std::string target = "/v1/requests?most=" + options.most;
  if (options.failures) target += "&failures=true";
  if (!options.service.empty()) {
    if (const auto valid = check_name("--service", options.service); !valid) {
      return std::unexpected(valid.error());
    }
    target += "&service=" + options.service;
  }
  if (!options.status.empty()) {
    if (!is_number(options.status)) {
      return fail("--status: \"{}\" is no status; write 500", options.status);
    }
    target += "&status=" + options.status;
  }
  if (!options.route.empty()) {
    const auto fits = [](char c) { return c > ' ' && c < 0x7f && c != '&' && c != '#'; };
    if (!options.route.starts_with('/') || !std::ranges::all_of(options.route, fits)) {
      return fail("--route: \"{}\" is no route; write \"/cart/:id\"", options.route);
    }
    target += "&route=" + options.route;
  }
  return target;
}

}  // namespace

Outcome list_requests(Arguments arguments) {
  ListOptions options;
  auto line = describe_list(options);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto target = target_of(options);
  if (!target) return complain(target.error().message, kUsageError);
  const auto body = ask_running(options.choice, line.program(), {.target = *target});
  if (!body) return body.error();
  if (options.json) {
    fmt::print("{}", *body);
    return 0;
  }
  const auto list = parse_recorded_list(*body);
  if (!list) return complain(list.error().message, 1);
  fmt::print("{}", recorded_table(*list));
  return 0;
}

Outcome show_request(Arguments arguments) {
  ShowOptions options;
  auto line = describe_show(options);
  const auto parsed = line.parse_words(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto& words = std::get<std::vector<std::string>>(parsed);
  if (words.size() != 1 || !is_number(words[0])) {
    return complain("livefix request takes the number of one, as livefix requests lists them",
                    kUsageError);
  }
  if (options.curl + options.har + options.json > 1) {
    return complain("--curl, --har and --json exclude each other", kUsageError);
  }
  const std::string as = options.curl ? "&as=curl" : options.har ? "&as=har" : "";
  const auto body =
      ask_running(options.choice, line.program(), {.target = "/v1/request?id=" + words[0] + as});
  if (!body) return body.error();
  if (options.json || options.har) {
    fmt::print("{}", *body);
    return 0;
  }
  if (options.curl) {
    const auto object = parse_json_object(*body);
    if (!object) return complain(object.error().message, 1);
    fmt::print("{}", whole_lines(text_at(*object, "curl")));
    return 0;
  }
  const auto request = parse_recorded_request(*body);
  if (!request) return complain(request.error().message, 1);
  fmt::print("{}", recorded_text(*request));
  return 0;
}

std::vector<OptionInfo> requests_options() {
  ListOptions options;
  return describe_list(options).options();
}

std::vector<OptionInfo> request_options() {
  ShowOptions options;
  return describe_show(options).options();
}

}  // namespace livefix::cli
