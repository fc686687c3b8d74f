// What became of symptoms with a new release, judged by the requests of their routes that failed so
// before and after it. Pure; docs/symptoms.md has the test and what a simulation says of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/proportion.h"

namespace livefix::observe {

// Failures of a symptom, and requests of its route.
struct BeforeAfter {
  proportion::Share before;
  proportion::Share after;

  bool operator==(const BeforeAfter&) const = default;
};

enum class Change : std::uint8_t {
  gone,     // fewer, and none at all after
  fewer,    // a smaller share of the requests
  same,     // no evidence of a change, and evidence that it is between half and twice as much
  more,     // a larger share
  fresh,    // more, and none at all before: new
  too_few,  // requests (or failures) to say any of these
};

// The chance that one or more of the symptoms of a rollout are told to have changed (gone, fewer,
// more, new) although none has.
inline constexpr double kFamilyLevel = 0.01;
// Each side of `same`: the chance to say it of one whose share was halved, or doubled.
inline constexpr double kSameTail = 0.05;

struct SymptomVerdict {
  Change change = Change::too_few;
  BeforeAfter counts;

  bool operator==(const SymptomVerdict&) const = default;
};

// Of all symptoms of the rollout together: those that were there before and those that came with
// it. Leaving some out because of how they went makes the rest look surer than they are. Fisher's
// exact test, two-sided, and Holm's correction for their number. In the order of `symptoms`.
std::vector<SymptomVerdict> judge_symptoms(std::span<const BeforeAfter> symptoms);

// "gone", "fewer", "same", "more", "new", "too few requests to say". Never changes.
std::string_view change_name(Change change);

// "POST /checkout 500: 6.2 % → 0 % of 1,208 requests: gone"; `name` is that of the symptom.
std::string phrase(std::string_view name, const SymptomVerdict& verdict);

}  // namespace livefix::observe
