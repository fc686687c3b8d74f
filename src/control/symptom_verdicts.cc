#include "control/symptom_verdicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/utf8.h"
#include "control/phrases.h"

namespace livefix::control {
namespace {

using observe::BeforeAfter;
using observe::Change;
using observe::Symptom;

constexpr std::size_t kShortLine = 80;  // of a program, behind a name

std::string short_line(const std::string& line) {
  if (line.size() <= kShortLine) return line;
  std::size_t end = kShortLine;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0U) == 0x80U) --end;
  return line.substr(0, end) + "...";
}

// What somebody has to act upon comes first.
int urgency(Change change) {
  switch (change) {
    case Change::fresh:
      return 0;
    case Change::more:
      return 1;
    case Change::gone:
      return 2;
    case Change::fewer:
      return 3;
    case Change::same:
      return 4;
    case Change::too_few:
      break;
  }
  return 5;
}

}  // namespace

std::vector<JudgedSymptom> judge_changes(const observe::SymptomBook& book,
                                         std::span<const ReleaseChange> changes,
                                         observe::WallTime now) {
  std::vector<const Symptom*> symptoms;
  std::vector<BeforeAfter> counts;
  for (const Symptom* symptom : book.list(now)) {
    const auto change = std::ranges::find(changes, symptom->key.service, &ReleaseChange::service);
    if (change == changes.end()) continue;
    const BeforeAfter both = book.counts(*symptom, change->before, change->after, now);
    if (both.before.part + both.after.part == 0) continue;
    symptoms.push_back(symptom);
    counts.push_back(both);
  }
  const auto name = [&changes](const Symptom& symptom) {
    const std::string bare = observe::name_of(symptom.key);
    return changes.size() > 1 ? symptom.key.service + " · " + bare : bare;
  };
  std::map<std::string, int> namesakes;
  for (const Symptom* symptom : symptoms) ++namesakes[name(*symptom)];
  const auto verdicts = observe::judge_symptoms(counts);
  std::vector<JudgedSymptom> judged;
  for (std::size_t i = 0; i < symptoms.size(); ++i) {
    const Symptom& symptom = *symptoms[i];
    std::string told = name(symptom);
    if (namesakes[told] > 1 && !symptom.key.error.empty()) {
      told += " · " + short_line(symptom.key.error);
    }
    judged.push_back({symptom.id, valid_utf8(told), verdicts[i]});
  }
  std::ranges::stable_sort(judged, {},
                           [](const JudgedSymptom& one) { return urgency(one.verdict.change); });
  return judged;
}

std::vector<std::string> verdict_lines(const std::vector<JudgedSymptom>& judged) {
  std::vector<std::string> lines;
  std::size_t too_few = 0;
  for (const JudgedSymptom& one : judged) {
    if (one.verdict.change == Change::too_few) {
      ++too_few;
    } else {
      lines.push_back(observe::phrase(one.name, one.verdict));
    }
  }
  if (too_few > 0) {
    lines.push_back(fmt::format("{}: {}", count_text(too_few, "symptom"),
                                observe::change_name(Change::too_few)));
  }
  return lines;
}

std::vector<std::string> shortened(std::vector<std::string> lines, std::size_t most,
                                   std::uint32_t rollout) {
  if (lines.size() <= most) return lines;
  const std::size_t more = lines.size() - most;
  lines.resize(most);
  lines.push_back(fmt::format("and {} more; livefix show {}", more, rollout));
  return lines;
}

}  // namespace livefix::control
