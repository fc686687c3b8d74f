#include "cli/symptom_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "base/figures.h"
#include "cli/answer_status.h"
#include "cli/json_fields.h"
#include "cli/terminal_text.h"
#include "cli/text_table.h"

namespace livefix::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kErrorInTable = 80;  // bytes
constexpr std::size_t kMinutesShown = 10;

std::string harmless_at(const json::object& symptom, std::string_view key) {
  return terminal_text(text_at(symptom, key));
}

// "2026-11-26 10:00:00" of "2026-11-26T10:00:00.123Z".
std::string second_of(const json::object& symptom, std::string_view key) {
  const std::string time = text_at(symptom, key);
  std::string text = time.substr(0, time.find('.'));
  std::ranges::replace(text, 'T', ' ');
  return terminal_text(text);
}

std::string grouped_at(const json::object& object, std::string_view key) {
  return count_text(static_cast<std::uint64_t>(std::max<std::int64_t>(number_at(object, key), 0)));
}

// "backend closed · TypeError: ...": who said it, and what.
std::string why_text(const json::object& symptom) {
  std::string text = harmless_at(symptom, "cause");
  const std::string error = harmless_at(symptom, "error");
  if (!text.empty() && !error.empty()) text += " · ";
  return text + error;
}

std::string error_cell(std::string text) {
  if (text.size() <= kErrorInTable) return text;
  std::size_t end = kErrorInTable - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end) + "...";
}

std::string rate_text(const json::object& symptom) {
  std::string text = grouped_at(symptom, "recent") + " in 5 m";
  const auto* share = symptom.if_contains("share");
  if (share && share->is_number()) text += " · " + percent_text(share->to_number<double>());
  return text;
}

std::string frequency_text(const json::object& symptom) {
  std::string text = rate_text(symptom);
  if (flag_at(symptom, "gone")) text += " · gone";
  if (number_at(symptom, "recent") == 0) text += " · last " + second_of(symptom, "last_seen");
  const std::string since = harmless_at(symptom, "since_release");
  if (!since.empty()) text += " · since release " + since;
  return text;
}

TextRow symptom_row(const json::object& symptom) {
  return {harmless_at(symptom, "id"),     harmless_at(symptom, "service"),
          harmless_at(symptom, "method"), harmless_at(symptom, "route"),
          answer_status(symptom),         error_cell(why_text(symptom)),
          frequency_text(symptom)};
}

std::string unrecorded_text(const json::object& answer) {
  const auto services = texts_at(answer, "unrecorded");
  if (services.empty()) return {};
  return terminal_text(fmt::format("failures of {} are not recorded, so nobody knows why they "
                                   "were; record.memory and record.failures turn that on",
                                   fmt::join(services, ", "))) +
         "\n";
}

}  // namespace

bool is_symptom_id(std::string_view text) {
  constexpr std::size_t kSize = 10;
  return text.size() == kSize && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Result<std::string> symptom_table(std::string_view text, bool all) {
  const auto answer = parse_json_object(text);
  if (!answer) return std::unexpected(answer.error());
  if (!answer->contains("symptoms")) {
    return fail("it answered with JSON that is no list of symptoms");
  }
  std::vector<TextRow> rows;
  std::set<std::string> services;
  for (const auto* symptom : objects_at(*answer, "symptoms")) {
    rows.push_back(symptom_row(*symptom));
    services.insert(text_at(*symptom, "service"));
  }
  const std::string note = unrecorded_text(*answer);
  if (rows.empty()) return (all ? "no symptoms\n" : "no symptoms in the last hour\n") + note;
  const std::array<TextColumn, 7> columns{{{.title = "ID"},
                                           {.title = "SERVICE", .shown = services.size() > 1},
                                           {.title = "METHOD"},
                                           {.title = "ROUTE"},
                                           {.title = "STATUS"},
                                           {.title = "WHY"},
                                           {.title = "FAILURES"}}};
  return text_table(columns, rows) + note;
}

Result<std::string> symptom_text(std::string_view text) {
  const auto symptom = parse_json_object(text);
  if (!symptom) return std::unexpected(symptom.error());
  if (!symptom->contains("id")) return fail("it answered with JSON that is no symptom");
  std::vector<std::string> name;
  for (const std::string& part :
       {harmless_at(*symptom, "method"), harmless_at(*symptom, "route"), answer_status(*symptom)}) {
    if (!part.empty()) name.push_back(part);
  }
  std::string all =
      fmt::format("symptom {}  {}\n", harmless_at(*symptom, "id"), fmt::join(name, " "));
  const auto add = [&all](std::string_view title, const std::string& value) {
    if (!value.empty()) all += fmt::format("  {:<10}{}\n", title, value);
  };
  add("why", why_text(*symptom));
  add("service", harmless_at(*symptom, "service"));
  add("failures",
      fmt::format("{} · {} in all", rate_text(*symptom), grouped_at(*symptom, "failures")));
  const std::string since = harmless_at(*symptom, "since_release");
  add("since", since.empty() ? since : "release " + since);
  add("first", second_of(*symptom, "first_seen") + " UTC");
  add("last", second_of(*symptom, "last_seen") + " UTC");
  std::vector<std::string> releases;
  for (const auto* one : objects_at(*symptom, "releases")) {
    releases.push_back(
        fmt::format("{} ({})", harmless_at(*one, "release"), grouped_at(*one, "failures")));
  }
  add("releases", fmt::format("{}", fmt::join(releases, ", ")));
  std::vector<std::int64_t> minutes;
  for (const json::value& one : array_at(*symptom, "minutes")) {
    minutes.push_back(one.is_int64() ? one.get_int64() : 0);
  }
  if (minutes.size() > kMinutesShown) {
    minutes.erase(minutes.begin(), minutes.end() - kMinutesShown);
    add("minutes", fmt::format("{}  (the last {}, this one at the end)", fmt::join(minutes, " "),
                               kMinutesShown));
  }
  std::vector<std::string> samples;
  for (const json::value& one : array_at(*symptom, "samples")) {
    if (one.is_int64()) samples.push_back(fmt::to_string(one.get_int64()));
  }
  if (!samples.empty()) {
    add("requests",
        fmt::format("{}  (livefix request {})", fmt::join(samples, ", "), samples.back()));
  }
  return all;
}

}  // namespace livefix::cli
