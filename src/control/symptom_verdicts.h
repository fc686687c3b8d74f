// What became of symptoms with a release, and how that is told (docs/symptoms.md). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "observe/symptom_book.h"

namespace livefix::control {

// Of one service, by the names of the releases.
struct ReleaseChange {
  std::string service;
  std::string before;
  std::string after;
};

struct JudgedSymptom {
  std::string id;
  std::string name;  // "POST /checkout 500", with its line where others have this name, too
  observe::SymptomVerdict verdict;
};

// All symptoms that these services had with either release in the last hour, judged together.
std::vector<JudgedSymptom> judge_changes(const observe::SymptomBook& book,
                                         std::span<const ReleaseChange> changes,
                                         observe::WallTime now);

// "POST /checkout 500: 6.2 % → 0 % of 1,208 requests: gone": a line for each of which something can
// be said, changes for the worse first, and one for all others.
std::vector<std::string> verdict_lines(const std::vector<JudgedSymptom>& judged);

// The first `most` of them, and how many more there are, for which livefix show `rollout` is asked.
std::vector<std::string> shortened(std::vector<std::string> lines, std::size_t most,
                                   std::uint32_t rollout);

}  // namespace livefix::control
