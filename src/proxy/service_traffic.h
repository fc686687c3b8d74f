// What a worker knows of one service: its plan, the generations in it, and which one gets a
// request. The worker's.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "http/route_list.h"
#include "model/preview_pass.h"
#include "model/routing_plan.h"
#include "proxy/generation_traffic.h"
#include "proxy/generation_wish.h"
#include "proxy/graveyard.h"
#include "proxy/in_flight_limit.h"
#include "proxy/intrusive_list.h"
#include "proxy/record_choice.h"

namespace livefix::proxy {

class Exchange;
struct PlaceWaitersTag;

class ServiceTraffic {
 public:
  using Generations = std::vector<std::unique_ptr<GenerationTraffic>>;

  // All must outlive this.
  ServiceTraffic(WorkerCounters& counters, Graveyard& graveyard, std::minstd_rand& random)
      : counters_(counters), graveyard_(graveyard), random_(random) {}

  // `limit` is null where the plan has none. `cut` must take everything away from a generation
  // that the plan does not name any more; by then the plan is in use.
  void apply(const RoutingPlan& plan, std::shared_ptr<InFlightLimit> limit,
             const std::function<void(GenerationTraffic&)>& cut);

  const std::string& name() const { return name_; }
  PlanVersion version() const { return version_; }
  const TrafficSpec& spec() const { return spec_; }
  const http::RouteList& listed_routes() const { return listed_routes_; }
  RecordChoice& record_choice() { return record_choice_; }
  const HoldPolicy& hold_policy() const { return hold_; }
  // Its place in everything that there is for each service; kNoService before the first plan.
  std::size_t index() const { return index_; }
  ServiceCounters& counters() const { return counters_of(counters_, index_); }
  const Generations& generations() const { return generations_; }

  // Whether it is to be found at that port: a generation with weight listens for it, or did, and
  // requests wait for the next one. It is at every door of the proxy's own (port 0).
  bool has_port(std::uint16_t public_port) const;
  // Whether a generation with weight listens for that port.
  bool serves(std::uint16_t public_port) const;
  // The one that is wished, else by weight, at random; those that have enough in flight do not
  // count. Generations that refuse connections and `avoid` get it only when there is no other;
  // nullptr when there is none at all.
  BackendPort* choose(std::uint16_t public_port, const GenerationTraffic* avoid, UnitId wished);

  // --- for those who look at a release before others do ---
  // Empty: nobody may.
  const std::string& preview_key() const { return preview_key_; }
  // Whether it is the one that the pass is for. One that drains is for nobody any more.
  static bool is_shown(const GenerationTraffic& generation, const PreviewPass& pass);
  // The one of the pass, whatever its weight; nullptr: it is not there, refuses connections, or has
  // enough in flight.
  BackendPort* choose_shown(std::uint16_t public_port, const PreviewPass& pass) const;

  // While there is a choice.
  GenerationWish wish_of(const http::RequestHead& head) const;
  // What Set-Cookie has to say so that a client with that wish stays at the generation; empty:
  // nothing.
  std::string_view cookie_for(const GenerationTraffic& generation,
                              const GenerationWish& wish) const;

  // --- those that wait for a place among the requests in flight, of this worker ---
  // Joins them, unless the answer is another one than `waits`.
  InFlightLimit::Wait wait_for_place(Exchange& exchange, std::uint16_t public_port,
                                     std::size_t worker);
  void leave_queue(Exchange& exchange, std::size_t worker);
  // For the first that can use it.
  void offer_place(const PlaceOffer& offer, std::size_t worker);
  // Everybody chooses anew.
  void release_queue();

  // Generations with weight 0 and nothing in flight, each once for each version of the plan.
  std::vector<UnitId> take_quiet();

 private:
  BackendPort* choose_if(std::uint16_t public_port,
                         const std::function<bool(const BackendPort&)>& admits);
  GenerationTraffic* find(const std::function<bool(const GenerationTraffic&)>& is_it) const;

  WorkerCounters& counters_;
  Graveyard& graveyard_;
  std::minstd_rand& random_;
  std::string name_;
  std::size_t index_ = kNoService;
  std::vector<std::uint16_t> ports_;
  PlanVersion version_{};
  TrafficSpec spec_;
  http::RouteList listed_routes_;
  RecordChoice record_choice_;
  HoldPolicy hold_;
  std::string preview_key_;
  Generations generations_;
  std::shared_ptr<InFlightLimit> limit_;
  IntrusiveList<Exchange, PlaceWaitersTag> waiting_;
  bool has_choice_ = false;  // several generations have weight, and clients may choose
};

}  // namespace livefix::proxy
