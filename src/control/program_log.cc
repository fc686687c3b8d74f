#include "control/program_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

namespace livefix::control {
namespace {

constexpr std::size_t kShortestCommit = 7;  // as releases are named

// "7f3c2d1" of "build 7f3c2d1".
std::string_view release_of(std::string_view label) {
  return label.substr(label.rfind(' ') + 1);
}

bool is_meant(const LogFilter& filter, const ProgramLog::Unit& unit) {
  if (filter.service_index && *filter.service_index != unit.service_index) return false;
  const std::string& wanted = filter.generation;
  const auto release = release_of(unit.label);
  if (wanted.empty() || wanted == release || wanted == std::to_string(number(unit.id))) return true;
  return release.size() == kShortestCommit && wanted.starts_with(release);
}

}  // namespace

void ProgramLog::begin(UnitId id, std::size_t service_index, std::string label) {
  units_[id] = {.id = id, .service_index = service_index, .label = std::move(label)};
}

void ProgramLog::add(UnitId id, Stream stream, std::string line) {
  const auto found = units_.find(id);
  if (found == units_.end()) return;
  Unit& unit = found->second;
  unit.bytes += line.size();
  unit.lines.push_back({std::chrono::system_clock::now(), ++last_serial_, stream, std::move(line)});
  while (unit.lines.size() > kMostLines || unit.bytes > kMostBytes) {
    unit.bytes -= unit.lines.front().text.size();
    unit.forgotten = unit.lines.front().time;
    unit.lines.pop_front();
  }
  if (followers_.empty()) return;
  std::vector<std::uint64_t> ids;
  for (const auto& [follower, following] : followers_) {
    if (is_meant(following.filter, unit)) ids.push_back(follower);
  }
  for (const std::uint64_t one : ids) {
    const auto following = followers_.find(one);
    if (following == followers_.end()) continue;
    const auto on_line = following->second.follower.on_line;  // it may take itself away
    on_line({unit, unit.lines.back()});
  }
}

void ProgramLog::end(UnitId id) {
  if (!units_.contains(id) || std::ranges::find(ended_, id) != ended_.end()) return;
  ended_.push_back(id);
  if (ended_.size() <= kEndedUnits) return;
  units_.erase(ended_.front());
  ended_.pop_front();
}

std::vector<ProgramLog::Entry> ProgramLog::newest(const LogFilter& filter, std::size_t most) const {
  std::vector<std::pair<const Unit*, const LoggedLine*>> found;
  for (const Unit& unit : units_ | std::views::values) {
    if (!is_meant(filter, unit)) continue;
    for (const LoggedLine& line : unit.lines) found.emplace_back(&unit, &line);
  }
  std::ranges::sort(found, {}, [](const auto& one) { return one.second->serial; });
  const std::size_t left_out = found.size() - std::min(most, found.size());
  std::vector<Entry> entries;
  for (const auto& [unit, line] : found | std::views::drop(left_out)) {
    entries.push_back({*unit, *line});
  }
  return entries;
}

std::vector<std::string> ProgramLog::newest_of(UnitId id, std::size_t most) const {
  std::vector<std::string> texts;
  const auto found = units_.find(id);
  if (found == units_.end()) return texts;
  const auto& lines = found->second.lines;
  for (const LoggedLine& line :
       lines | std::views::drop(lines.size() - std::min(most, lines.size()))) {
    texts.push_back(line.text);
  }
  return texts;
}

std::optional<std::vector<std::string>> ProgramLog::between(UnitId id, SystemTime from,
                                                            SystemTime to, std::size_t most) const {
  const auto found = units_.find(id);
  if (found == units_.end() || found->second.forgotten >= from) return std::nullopt;
  std::vector<std::string> texts;
  for (const LoggedLine& line : found->second.lines | std::views::reverse) {
    if (line.time > to) continue;
    if (line.time < from || texts.size() == most) break;
    texts.push_back(line.text);
  }
  std::ranges::reverse(texts);
  return texts;
}

std::vector<std::string> ProgramLog::names() const {
  std::vector<std::string> names;
  for (const auto& [id, unit] : units_) {
    names.push_back(fmt::format("{} ({})", number(id), unit.label));
  }
  return names;
}

bool ProgramLog::has(const LogFilter& filter) const {
  return std::ranges::any_of(units_ | std::views::values,
                             [&](const Unit& unit) { return is_meant(filter, unit); });
}

std::uint64_t ProgramLog::follow(LogFilter filter, Follower follower) {
  followers_.emplace(++last_follower_, Following{std::move(filter), std::move(follower)});
  return last_follower_;
}

void ProgramLog::unfollow(std::uint64_t id) {
  followers_.erase(id);
}

void ProgramLog::close() {
  for (const auto& [id, following] : std::exchange(followers_, {})) following.follower.on_end();
}

}  // namespace livefix::control
