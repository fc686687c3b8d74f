#include "cli/rollout_history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>
#include <set>

#include "cli/json_fields.h"
#include "cli/terminal_text.h"

namespace livefix::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kShortCommit = 7;  // of a commit
constexpr std::size_t kSubject = 50;     // of its first line, in a table

RolloutSummary rollout_of(const json::object& object) {
  return {number_at(object, "id"),
          text_at(object, "commit"),
          text_at(object, "subject"),
          texts_at(object, "services"),
          text_at(object, "who"),
          text_at(object, "began"),
          text_at(object, "phase"),
          text_at(object, "outcome"),
          flag_at(object, "rollback"),
          text_at(object, "message"),
          Milliseconds{number_at(object, "took_ms")},
          texts_at(object, "lines"),
          texts_at(object, "symptoms")};
}

std::string outcome_text(const RolloutSummary& rollout) {
  if (rollout.is_rollback) return "rolled back";
  if (rollout.outcome.empty()) return rollout.phase.empty() ? "under way" : rollout.phase;
  if (rollout.outcome == "taken_back") return "taken back";
  return rollout.outcome == "promoted" ? "live" : rollout.outcome;
}

// Of a stranger's commit: nothing in it may act on the terminal, nor end the line.
std::string harmless(std::string_view text, std::size_t most) {
  std::string shown = terminal_text(text);
  if (shown.size() > most) {
    std::size_t end = most - 3;
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xc0U) == 0x80U) --end;
    shown = shown.substr(0, end) + "...";
  }
  return shown;
}

// "2026-11-26 10:00:00", as it came otherwise.
std::string when(const std::string& began) {
  std::string text = began.substr(0, began.size() - (began.ends_with('Z') ? 1 : 0));
  std::ranges::replace(text, 'T', ' ');
  return text;
}

}  // namespace

Result<RolloutHistory> parse_history(std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return std::unexpected(object.error());
  RolloutHistory history;
  if (const auto* running = object_at(*object, "running")) {
    for (const auto& [service, commit] : *running) {
      if (commit.is_string()) history.running[service] = commit.get_string();
    }
  }
  for (const auto* one : objects_at(*object, "rollouts")) {
    history.rollouts.push_back(rollout_of(*one));
  }
  return history;
}

Result<RolloutSummary> parse_rollout(std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return std::unexpected(object.error());
  return rollout_of(*object);
}

std::string history_table(const RolloutHistory& history, std::size_t most) {
  std::string table;
  std::set<std::string> marked;  // commits; each runs once, however often it was rolled out
  for (const RolloutSummary& one : history.rollouts | std::views::take(most)) {
    const bool is_there =
        std::ranges::any_of(history.running | std::views::values,
                            [&](const auto& commit) { return commit == one.commit; });
    const bool runs = is_there && one.outcome == "promoted" && marked.insert(one.commit).second;
    table += fmt::format("{} {:>4}  {}  {}  {:<11}  {:<12}  {}\n", runs ? "*" : " ", one.id,
                         when(one.began), one.commit.substr(0, kShortCommit), outcome_text(one),
                         harmless(one.who, 12), harmless(one.subject, kSubject));
  }
  if (table.empty()) return "nothing was pushed yet\n";
  return fmt::format("{} {:>4}  {:<19}  {:<7}  {:<11}  {:<12}  {}\n", " ", "ID", "UTC", "COMMIT",
                     "OUTCOME", "WHO", "SUBJECT") +
         table;
}

std::string rollout_text(const RolloutSummary& rollout) {
  constexpr std::size_t kWhole = 4'096;
  std::string text = fmt::format("rollout {}  {}\n", rollout.id, outcome_text(rollout));
  text += fmt::format("  commit    {}  {}\n", rollout.commit, harmless(rollout.subject, kWhole));
  text += fmt::format("  services  {}\n", fmt::join(rollout.services, ", "));
  text +=
      fmt::format("  by        {}, {} UTC\n", harmless(rollout.who, kWhole), when(rollout.began));
  for (const std::string& line : rollout.lines) {
    text += fmt::format("  {}\n", harmless(line, kWhole));
  }
  for (const auto line : rollout.message | std::views::split('\n')) {
    text += fmt::format("  {}\n", harmless(std::string_view(line), kWhole));
  }
  for (const std::string& line : rollout.symptoms) {
    text += fmt::format("  {}\n", harmless(line, kWhole));
  }
  return text;
}

}  // namespace livefix::cli
