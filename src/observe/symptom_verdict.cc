#include "observe/symptom_verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/figures.h"

namespace livefix::observe {
namespace {

using proportion::Share;

constexpr double kLeastFactor = 0.5;
constexpr double kMostFactor = 2.0;

// Counters are read while they are written: a failure may be there before its request is.
Share sane(Share share) {
  return {std::min(share.part, share.of), share.of};
}

bool ever_failed(const BeforeAfter& counts) {
  return counts.before.part + counts.after.part > 0;
}

// How many times the failures of `after` are those of `before`, for the same number of requests.
// Given all failures of both, those of after are binomial with a share that tells the factor; so
// its exact bounds do (Clopper and Pearson's). Requests fail rarely enough for that, and where they
// do not, the bounds are too wide, never too narrow.
bool surely_about_the_same(const BeforeAfter& counts) {
  const Share& before = counts.before;
  const Share& after = counts.after;
  if (before.of == 0 || after.of == 0) return false;
  const auto bounds = proportion::exact({after.part, before.part + after.part}, kSameTail);
  const double scale = static_cast<double>(before.of) / static_cast<double>(after.of);
  const auto factor = [&](double share) { return scale * share / (1.0 - share); };
  return bounds.upper < 1.0 && factor(bounds.lower) > kLeastFactor &&
         factor(bounds.upper) < kMostFactor;
}

// Where there is evidence of a change.
Change change_of(const BeforeAfter& counts) {
  const bool fell = counts.after.value() < counts.before.value();
  if (fell) return counts.after.part == 0 ? Change::gone : Change::fewer;
  return counts.before.part == 0 ? Change::fresh : Change::more;
}

std::string requests_text(std::uint64_t count) {
  return fmt::format("{} request{}", count_text(count), count == 1 ? "" : "s");
}

}  // namespace

std::vector<SymptomVerdict> judge_symptoms(std::span<const BeforeAfter> symptoms) {
  std::vector<SymptomVerdict> verdicts;
  std::vector<double> chances;
  std::vector<std::size_t> order;
  for (const BeforeAfter& counts : symptoms) {
    const BeforeAfter known{sane(counts.before), sane(counts.after)};
    if (ever_failed(known)) order.push_back(verdicts.size());
    chances.push_back(proportion::fisher(known.after, known.before).two_sided());
    verdicts.push_back({Change::too_few, known});
  }
  // Holm 1979: the surest has to stand against the number of all, the next against one less, and
  // where one falls so do all that are less sure.
  std::ranges::sort(order, {}, [&](std::size_t index) { return chances[index]; });
  bool stands = true;
  for (std::size_t place = 0; place < order.size(); ++place) {
    SymptomVerdict& verdict = verdicts[order[place]];
    stands =
        stands && chances[order[place]] <= kFamilyLevel / static_cast<double>(order.size() - place);
    if (stands) {
      verdict.change = change_of(verdict.counts);
    } else if (surely_about_the_same(verdict.counts)) {
      verdict.change = Change::same;
    }
  }
  return verdicts;
}

std::string_view change_name(Change change) {
  switch (change) {
    case Change::gone:
      return "gone";
    case Change::fewer:
      return "fewer";
    case Change::same:
      return "same";
    case Change::more:
      return "more";
    case Change::fresh:
      return "new";
    case Change::too_few:
      break;
  }
  return "too few requests to say";
}

std::string phrase(std::string_view name, const SymptomVerdict& verdict) {
  const auto& [before, after] = verdict.counts;
  const std::string_view change = change_name(verdict.change);
  if (after.of == 0) return fmt::format("{}: no requests since: {}", name, change);
  if (before.part == 0) {
    return fmt::format("{}: {} of {}, {}: {}", name, count_text(after.part),
                       requests_text(after.of),
                       before.of == 0 ? "nothing known from before"
                                      : fmt::format("none of {} before", count_text(before.of)),
                       change);
  }
  return fmt::format("{}: {} → {} of {}: {}", name, percent_text(before.value()),
                     percent_text(after.value()), requests_text(after.of), change);
}

}  // namespace livefix::observe
