#include "control/notify_schedule.h"

#include <algorithm>

namespace livefix::control {

std::optional<Milliseconds> NotifySchedule::pause_after(std::size_t tries, Milliseconds at_least,
                                                        double chance) const {
  if (tries == 0 || tries > pauses.size()) return std::nullopt;
  const Milliseconds usual = pauses[tries - 1];
  const std::chrono::duration<double, std::milli> longer = usual * (1 + jitter * chance);
  return std::max(std::chrono::ceil<Milliseconds>(longer), std::min(at_least, longest));
}

bool SymptomRate::allows(const std::string& symptom, TimePoint now) {
  std::erase_if(told_, [now](const auto& one) { return now - one.second >= kOfOne; });
  while (!lately_.empty() && now - lately_.front() >= kOfAll) lately_.pop_front();
  if (lately_.size() >= kMostOfAll || told_.contains(symptom)) return false;
  told_.emplace(symptom, now);
  lately_.push_back(now);
  return true;
}

}  // namespace livefix::control
