#include "proxy/drain_tracker.h"

#include <algorithm>

namespace livefix::proxy {
namespace {

bool all_of(const std::vector<bool>& flags) {
  return std::ranges::find(flags, false) == flags.end();
}

}  // namespace

void DrainTracker::publish(const RoutingPlan& plan) {
  latest_ = plan.version;
  draining_.clear();
  for (const GenerationRoute& route : plan.generations) {
    if (route.weight == 0) draining_.emplace(route.generation, std::vector<bool>(applied_.size()));
  }
}

std::vector<link::FromProxy> DrainTracker::on_applied(std::size_t worker, PlanVersion version) {
  std::vector<link::FromProxy> told;
  applied_[worker] = std::max(applied_[worker], version);
  const PlanVersion by_all = *std::ranges::min_element(applied_);
  if (by_all > applied_by_all_) {
    applied_by_all_ = by_all;
    told.push_back(link::PlanApplied{by_all, service_});
    tell_drained(told);
  }
  return told;
}

std::vector<link::FromProxy> DrainTracker::on_quiet(std::size_t worker, UnitId generation,
                                                    PlanVersion version) {
  std::vector<link::FromProxy> told;
  // A report about an earlier plan says nothing: the generation may have got requests since.
  const auto place = draining_.find(generation);
  if (version != latest_ || place == draining_.end()) return told;
  place->second[worker] = true;
  tell_drained(told);
  return told;
}

void DrainTracker::tell_drained(std::vector<link::FromProxy>& told) {
  if (applied_by_all_ != latest_) return;
  std::erase_if(draining_, [&](const auto& entry) {
    if (!all_of(entry.second)) return false;
    told.push_back(link::GenerationDrained{entry.first, latest_, service_});
    return true;
  });
}

}  // namespace livefix::proxy
