// What a worker knows of one service: its plan, the generations in it, and which one gets a
// request. The worker's.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "model/routing_plan.h"
#include "proxy/generation_traffic.h"
#include "proxy/graveyard.h"

namespace livefix::proxy {

class ServiceTraffic {
 public:
  using Generations = std::vector<std::unique_ptr<GenerationTraffic>>;

  // All must outlive this.
  ServiceTraffic(WorkerCounters& counters, Graveyard& graveyard, std::minstd_rand& random)
      : counters_(counters), graveyard_(graveyard), random_(random) {}

  // `cut` must take everything away from a generation that the plan does not name any more; by
  // then the plan is in use.
  void apply(const RoutingPlan& plan, const std::function<void(GenerationTraffic&)>& cut);

  const std::string& name() const { return name_; }
  PlanVersion version() const { return version_; }
  const TrafficSpec& spec() const { return spec_; }
  const HoldPolicy& hold_policy() const { return hold_; }
  // Its place in everything that there is for each service; kNoService before the first plan.
  std::size_t index() const { return index_; }
  ServiceCounters& counters() const { return counters_of(counters_, index_); }
  const Generations& generations() const { return generations_; }

  // Whether it is to be found at that port: a generation with weight listens for it, or did, and
  // requests wait for the next one. It is at every door of the proxy's own (port 0).
  bool has_port(std::uint16_t public_port) const;
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
  std::minstd_rand& random_;
  std::string name_;
  std::size_t index_ = kNoService;
  std::vector<std::uint16_t> ports_;
  PlanVersion version_{};
  TrafficSpec spec_;
  HoldPolicy hold_;
  Generations generations_;
};

}  // namespace livefix::proxy
