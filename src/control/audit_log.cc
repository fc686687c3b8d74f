#include "control/audit_log.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <deque>
#include <string_view>
#include <vector>

#include "base/overloaded.h"
#include "base/utf8.h"
#include "control/json_event.h"
#include "control/phrases.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostAuditBytes = 4 << 20;

std::string first_line_of(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

std::string short_id(std::string_view commit) {
  return std::string(commit.substr(0, 7));
}

// " shop, cart"; nothing where there are none.
std::string names_behind(const std::vector<std::string>& names) {
  return names.empty() ? "" : fmt::format(" {}", fmt::join(names, ", "));
}

std::string command_text(const CommandRecord& command) {
  std::string text = command.command;
  if (command.rollout > 0) text += fmt::format(" rollout {}", command.rollout);
  if (!command.detail.empty()) text += " " + command.detail;
  // Of tokens: perhaps long before there was a livefix to record it.
  if (!command.at.empty()) text += fmt::format(", at {}", command.at);
  return text;
}

std::string event_text(const ledger::Entry& entry) {
  const auto record = parse_record(entry.kind, entry.body);
  if (record && *record) return record_text(**record);
  // Of a newer livefix.
  constexpr std::size_t kSome = 200;
  return fmt::format("{} {}", entry.kind, first_line_of(entry.body).substr(0, kSome));
}

std::string event_json(const ledger::Event& event) {
  boost::system::error_code error;
  json::value body = json::parse(event.entry.body, error);
  return json::serialize(json::object{{"sequence", event.sequence},
                                      {"time", timestamp(event.entry.time)},
                                      {"kind", event.entry.kind},
                                      {"who", valid_utf8(event.entry.actor)},
                                      {"text", valid_utf8(event_text(event.entry))},
                                      {"body", error ? json::value() : std::move(body)}});
}

}  // namespace

std::string record_text(const Record& record) {
  return std::visit(
      overloaded{
          [](const ReleaseRecord& release) {
            return fmt::format("release {} {} {}: {}", release.number, release.name,
                               release.built.empty() ? "laid out" : "built",
                               first_line_of(release.subject));
          },
          [](const RolloutRecord& rollout) {
            return fmt::format("rollout {} of {}{}: {}", rollout.id, short_id(rollout.commit),
                               names_behind(rollout.services), first_line_of(rollout.subject));
          },
          [](const PhaseRecord& phase) {
            return fmt::format("rollout {}: {}", phase.rollout,
                               phase.phase.empty() ? first_line_of(phase.line) : phase.phase);
          },
          [](const PromotedRecord& promoted) {
            return fmt::format("rollout {} promoted: release {} runs{}", promoted.rollout,
                               promoted.release, names_behind(promoted.services));
          },
          [](const FailedRecord& failed) {
            return fmt::format("rollout {} {}{}: {}", failed.rollout,
                               failed.outcome == "taken_back" ? "taken back" : failed.outcome,
                               failed.gate.empty() ? "" : fmt::format(" ({})", failed.gate),
                               first_line_of(failed.message));
          },
          [](const RollbackRecord& rollback) {
            return fmt::format("rollback {} to release {}{}: {}", rollback.id, rollback.release,
                               names_behind(rollback.services), first_line_of(rollback.message));
          },
          [](const ServedRecord& served) {
            return fmt::format("rollback {} serves, after {}", served.rollout,
                               duration_text(served.took));
          },
          [](const CommandRecord& command) { return command_text(command); },
          [](const SymptomsRecord& symptoms) {
            return fmt::format("rollout {}{}: {}", symptoms.rollout,
                               symptoms.when == SymptomsRecord::kLater ? ", later" : "",
                               fmt::join(symptoms.lines, "; "));
          },
          [](const DriftRecord& drift) {
            return fmt::format("drift {} in release {}: {}{}", drift.what, drift.release,
                               drift.files.empty() ? "no files" : some_of(drift.files),
                               drift.branch.empty() ? "" : ", branch " + drift.branch);
          }},
      record);
}

Result<std::string> audit_log_json(ledger::Ledger& ledger, std::size_t most) {
  const std::uint64_t last = ledger.head().sequence;
  const std::uint64_t first = last > most ? last - most + 1 : 1;
  std::deque<std::string> events;
  std::size_t bytes = 0;
  const auto read = ledger.for_each(first, [&](const ledger::Event& event) -> Status {
    events.push_back(event_json(event));
    bytes += events.back().size();
    while (bytes > kMostAuditBytes && events.size() > 1) {
      bytes -= events.front().size();
      events.pop_front();
    }
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return fmt::format("{{\"events\":[{}]}}", fmt::join(events, ","));
}

}  // namespace livefix::control
