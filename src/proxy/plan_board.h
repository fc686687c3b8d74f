// What a worker knows of the routing plan: the generations in it, and which one gets a request.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "model/routing_plan.h"
#include "proxy/generation_traffic.h"
#include "proxy/graveyard.h"

namespace livefix::proxy {

class PlanBoard {
 public:
  using Generations = std::vector<std::unique_ptr<GenerationTraffic>>;

  // Both must outlive the board.
  PlanBoard(WorkerCounters& counters, Graveyard& graveyard, std::uint32_t seed);

  // `cut` must take everything away from a generation that the plan does not name any more; by
  // then the board has the new plan.
  void apply(const RoutingPlan& plan, const std::function<void(GenerationTraffic&)>& cut);

  PlanVersion version() const { return version_; }
  const HoldPolicy& hold_policy() const { return hold_; }
  const Generations& generations() const { return generations_; }

  // By weight, at random. Generations that refuse connections and `avoid` get it only when there
  // is no other; nullptr when there is none at all.
  BackendPort* choose(std::uint16_t public_port, const GenerationTraffic* avoid);

  // Generations with weight 0 and nothing in flight, each once for each version of the plan.
  std::vector<UnitId> take_quiet();

 private:
  BackendPort* choose_if(std::uint16_t public_port,
                         const std::function<bool(const BackendPort&)>& admits);

  WorkerCounters& counters_;
  Graveyard& graveyard_;
  std::minstd_rand random_;
  PlanVersion version_{};
  HoldPolicy hold_;
  Generations generations_;
};

}  // namespace livefix::proxy
