#include "cli/rollout_history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <set>
#include <span>

#include "base/duration_text.h"
#include "cli/json_fields.h"
#include "cli/terminal_text.h"
#include "cli/text_table.h"

namespace livefix::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kShortCommit = 7;  // of a commit
constexpr std::size_t kTableWidth = 100;
constexpr std::size_t kShortestSubject = 16;  // of a commit's first line, in a table
constexpr std::size_t kLongestSubject = 50;

RolloutSummary rollout_of(const json::object& object) {
  return {number_at(object, "id"),     text_at(object, "commit"),
          text_at(object, "subject"),  texts_at(object, "services"),
          text_at(object, "who"),      text_at(object, "began"),
          text_at(object, "phase"),    text_at(object, "outcome"),
          flag_at(object, "rollback"), text_at(object, "gate"),
          text_at(object, "message"),  Milliseconds{number_at(object, "took_ms")},
          texts_at(object, "lines"),   texts_at(object, "symptoms"),
          figures_at(object)};
}

std::string time_taken(const RolloutSummary& rollout) {
  return rollout.took > Milliseconds{} ? duration_text(rollout.took) : "";
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

// What the columns before the last one leave of the table's width for that.
std::size_t room_beside(std::span<const TextColumn> columns, std::span<const TextRow> rows) {
  std::size_t used = 0;
  for (std::size_t i = 0; i + 1 < columns.size(); ++i) {
    std::size_t width = columns[i].title.size();
    for (const TextRow& row : rows) width = std::max(width, row[i].size());
    used += width + 2;
  }
  return std::clamp(kTableWidth - std::min(used, kTableWidth), kShortestSubject, kLongestSubject);
}

// The lines of a table, and below that of each rollout its figures.
std::string with_figures(const std::string& table, const std::vector<RolloutSummary>& rollouts) {
  std::string text;
  std::size_t row = 0;  // the titles are the first
  for (const auto part : table | std::views::split('\n')) {
    const std::string_view line(part);
    if (line.empty()) continue;
    text += fmt::format("{}\n", line);
    if (row++ == 0) continue;
    for (const ServiceFigures& one : rollouts[row - 2].figures) {
      text += fmt::format("        {}\n", terminal_text(figures_text(one)));
    }
  }
  return text;
}

}  // namespace

std::string outcome_text(const RolloutSummary& rollout) {
  if (rollout.is_rollback) return "rolled back";
  if (rollout.outcome.empty()) return rollout.phase.empty() ? "under way" : rollout.phase;
  if (rollout.outcome == "promoted") return "live";
  const std::string outcome = rollout.outcome == "taken_back" ? "taken back" : rollout.outcome;
  return rollout.gate.empty() ? outcome : fmt::format("{} ({})", outcome, rollout.gate);
}

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
  constexpr std::array kColumns{TextColumn{"    ID"},  TextColumn{"UTC"},  TextColumn{"COMMIT"},
                                TextColumn{"OUTCOME"}, TextColumn{"TOOK"}, TextColumn{"WHO"},
                                TextColumn{"SUBJECT"}};
  std::vector<TextRow> rows;
  std::vector<std::string_view> subjects;
  std::set<std::string> marked;  // commits; each runs once, however often it was rolled out
  for (const RolloutSummary& one : history.rollouts | std::views::take(most)) {
    const bool is_there =
        std::ranges::any_of(history.running | std::views::values,
                            [&](const auto& commit) { return commit == one.commit; });
    const bool runs = is_there && one.outcome == "promoted" && marked.insert(one.commit).second;
    rows.push_back({fmt::format("{} {:>4}", runs ? "*" : " ", one.id), when(one.began),
                    one.commit.substr(0, kShortCommit), harmless(outcome_text(one), 40),
                    time_taken(one), harmless(one.who, 12)});
    subjects.emplace_back(one.subject);
  }
  if (rows.empty()) return "nothing was pushed yet\n";
  const std::size_t longest = room_beside(kColumns, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].push_back(harmless(subjects[i], longest));
  return with_figures(text_table(kColumns, rows), history.rollouts);
}

std::string rollout_text(const RolloutSummary& rollout) {
  constexpr std::size_t kWhole = 4'096;
  std::string text = fmt::format("rollout {}  {}\n", rollout.id, outcome_text(rollout));
  const auto add_lines = [&text](std::string_view lines) {
    for (const auto line : lines | std::views::split('\n')) {
      text += fmt::format("  {}\n", harmless(std::string_view(line), kWhole));
    }
  };
  text += fmt::format("  commit    {}  {}\n", rollout.commit, harmless(rollout.subject, kWhole));
  text += fmt::format("  services  {}\n", fmt::join(rollout.services, ", "));
  text +=
      fmt::format("  by        {}, {} UTC\n", harmless(rollout.who, kWhole), when(rollout.began));
  if (const std::string took = time_taken(rollout); !took.empty()) {
    text += fmt::format("  took      {}\n", took);
  }
  for (const ServiceFigures& one : rollout.figures) {
    text += fmt::format("  figures   {}\n", terminal_text(figures_text(one)));
  }
  for (const std::string& line : rollout.lines) add_lines(line);
  add_lines(rollout.message);
  for (const std::string& line : rollout.symptoms) add_lines(line);
  return text;
}

}  // namespace livefix::cli
