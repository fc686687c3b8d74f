#include "proxy/service_traffic.h"

#include <algorithm>

namespace livefix::proxy {

void ServiceTraffic::apply(const RoutingPlan& plan,
                           const std::function<void(GenerationTraffic&)>& cut) {
  name_ = plan.service;
  index_ = std::min<std::size_t>(plan.service_index, kNoService);
  ports_ = plan.ports;
  version_ = plan.version;
  spec_ = plan.traffic;
  hold_ = plan.hold;
  Generations before = std::exchange(generations_, {});
  for (const GenerationRoute& route : plan.generations) {
    const auto known = std::ranges::find_if(
        before, [&](const auto& one) { return one && one->id() == route.generation; });
    generations_.push_back(known != before.end() ? std::move(*known)
                                                 : std::make_unique<GenerationTraffic>(
                                                       route.generation, counters_, index_));
    generations_.back()->apply(route);
  }
  for (auto& generation : before) {
    if (!generation) continue;
    cut(*generation);
    graveyard_.bury(*generation.release());
  }
}

bool ServiceTraffic::has_port(std::uint16_t public_port) const {
  if (public_port == 0 || std::ranges::find(ports_, public_port) != ports_.end()) return true;
  return std::ranges::any_of(generations_, [public_port](const auto& generation) {
    return generation->weight() > 0 && generation->port(public_port);
  });
}

BackendPort* ServiceTraffic::choose_if(std::uint16_t public_port,
                                       const std::function<bool(const BackendPort&)>& admits) {
  std::uint64_t total = 0;
  BackendPort* chosen = nullptr;
  for (const auto& generation : generations_) {
    BackendPort* port = generation->weight() > 0 ? generation->port(public_port) : nullptr;
    if (!port || !admits(*port)) continue;
    // Each one takes the place of those before with its share of the weight so far; the first
    // has no rival, so that one generation alone costs no random number.
    total += generation->weight();
    if (!chosen || std::uniform_int_distribution<std::uint64_t>(0, total - 1)(random_) <
                       generation->weight()) {
      chosen = port;
    }
  }
  return chosen;
}

BackendPort* ServiceTraffic::choose(std::uint16_t public_port, const GenerationTraffic* avoid) {
  BackendPort* best = choose_if(public_port, [avoid](const BackendPort& port) {
    return !port.refusing && &port.generation() != avoid;
  });
  return best ? best : choose_if(public_port, [](const BackendPort&) { return true; });
}

std::vector<UnitId> ServiceTraffic::take_quiet() {
  std::vector<UnitId> quiet;
  for (const auto& generation : generations_) {
    if (generation->weight() > 0 || generation->in_flight() > 0) continue;
    if (std::exchange(generation->reported_quiet, version_) != version_) {
      quiet.push_back(generation->id());
    }
  }
  return quiet;
}

}  // namespace livefix::proxy
