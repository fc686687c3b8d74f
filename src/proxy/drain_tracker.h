// When all workers have applied a plan of a service, and when a generation has nothing left: what
// the workers report, added up. Pure: no thread, no socket.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/link.h"

namespace livefix::proxy {

class DrainTracker {
 public:
  DrainTracker(std::string service, std::size_t workers)
      : service_(std::move(service)), applied_(workers) {}

  void publish(const RoutingPlan& plan);

  // Each returns what is to be told to the keeper now, in order.
  std::vector<link::FromProxy> on_applied(std::size_t worker, PlanVersion version);
  std::vector<link::FromProxy> on_quiet(std::size_t worker, UnitId generation, PlanVersion version);

 private:
  void tell_drained(std::vector<link::FromProxy>& told);

  std::string service_;
  std::vector<PlanVersion> applied_;  // by worker
  PlanVersion applied_by_all_{};
  PlanVersion latest_{};
  // Of the latest plan: for each generation with weight 0, the workers that have nothing of it.
  // Taken out once it was told.
  std::map<UnitId, std::vector<bool>> draining_;
};

}  // namespace livefix::proxy
