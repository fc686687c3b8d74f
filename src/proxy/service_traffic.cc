#include "proxy/service_traffic.h"

#include <algorithm>

#include "proxy/exchange.h"

namespace livefix::proxy {

void ServiceTraffic::apply(const RoutingPlan& plan, std::shared_ptr<InFlightLimit> limit,
                           const std::function<void(GenerationTraffic&)>& cut) {
  name_ = plan.service;
  index_ = std::min<std::size_t>(plan.service_index, kNoService);
  ports_ = plan.ports;
  version_ = plan.version;
  spec_ = plan.traffic;
  listed_routes_ = http::RouteList(spec_.routes);
  record_choice_.apply(spec_.record, plan.mirror);
  hold_ = plan.hold;
  preview_key_ = plan.preview_key;
  limit_ = std::move(limit);
  has_choice_ = !(spec_.generation.header.empty() && spec_.generation.cookie.empty()) &&
                std::ranges::count_if(plan.generations, [](const GenerationRoute& route) {
                  return route.weight > 0;
                }) > 1;
  Generations before = std::exchange(generations_, {});
  for (const GenerationRoute& route : plan.generations) {
    const auto known = std::ranges::find_if(
        before, [&](const auto& one) { return one && one->id() == route.generation; });
    generations_.push_back(known != before.end() ? std::move(*known)
                                                 : std::make_unique<GenerationTraffic>(
                                                       route.generation, counters_, index_));
    generations_.back()->apply(route, limit_);
  }
  for (auto& generation : before) {
    if (!generation) continue;
    cut(*generation);
    graveyard_.bury(*generation.release());
  }
}

bool ServiceTraffic::has_port(std::uint16_t public_port) const {
  if (public_port == 0 || std::ranges::find(ports_, public_port) != ports_.end()) return true;
  return serves(public_port);
}

bool ServiceTraffic::serves(std::uint16_t public_port) const {
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
    if (!port || !admits(*port) || !generation->has_room()) continue;
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

BackendPort* ServiceTraffic::choose(std::uint16_t public_port, const GenerationTraffic* avoid,
                                    UnitId wished) {
  if (wished != UnitId{}) {
    BackendPort* mine = choose_if(public_port, [=](const BackendPort& port) {
      return !port.refusing && port.generation().id() == wished && &port.generation() != avoid;
    });
    if (mine) return mine;
  }
  BackendPort* best = choose_if(public_port, [avoid](const BackendPort& port) {
    return !port.refusing && &port.generation() != avoid;
  });
  return best ? best : choose_if(public_port, [](const BackendPort&) { return true; });
}

// --- the choice of clients -----------------------------------------------------------------------

GenerationTraffic* ServiceTraffic::find(
    const std::function<bool(const GenerationTraffic&)>& is_it) const {
  const auto place = std::ranges::find_if(
      generations_, [&](const auto& generation) { return is_it(*generation); });
  return place == generations_.end() ? nullptr : place->get();
}

bool ServiceTraffic::is_shown(const GenerationTraffic& generation, const PreviewPass& pass) {
  if (generation.ends()) return false;
  return pass.release.empty() ? generation.is_candidate() : generation.label() == pass.release;
}

BackendPort* ServiceTraffic::choose_shown(std::uint16_t public_port,
                                          const PreviewPass& pass) const {
  GenerationTraffic* generation =
      find([&](const GenerationTraffic& one) { return is_shown(one, pass); });
  BackendPort* port = generation ? generation->port(public_port) : nullptr;
  return port && !port->refusing && generation->has_room() ? port : nullptr;
}

GenerationWish ServiceTraffic::wish_of(const http::RequestHead& head) const {
  if (!has_choice_) return {};
  const auto called = [this](std::optional<std::string_view> label) {
    const auto* generation = label ? find([&](const GenerationTraffic& one) {
      return one.weight() > 0 && one.label() == *label;
    })
                                   : nullptr;
    return generation ? generation->id() : UnitId{};
  };
  const auto& [header, cookie] = spec_.generation;
  if (!header.empty()) {
    const UnitId named = called(single_field(head, header));
    if (named != UnitId{}) return {named, true};
  }
  return {cookie.empty() ? UnitId{} : called(cookie_value(head, cookie)), false};
}

std::string_view ServiceTraffic::cookie_for(const GenerationTraffic& generation,
                                            const GenerationWish& wish) const {
  const bool is_wanted = has_choice_ && !spec_.generation.cookie.empty() && !wish.by_field &&
                         generation.id() != wish.generation && generation.weight() > 0;
  return is_wanted ? generation.label() : std::string_view();
}

// --- places --------------------------------------------------------------------------------------

InFlightLimit::Wait ServiceTraffic::wait_for_place(Exchange& exchange, std::uint16_t public_port,
                                                   std::size_t worker) {
  std::vector<UnitId> usable;
  for (const auto& generation : generations_) {
    if (generation->weight() > 0 && generation->port(public_port)) {
      usable.push_back(generation->id());
    }
  }
  const auto outcome = limit_->wait(worker, usable);
  if (outcome == InFlightLimit::Wait::waits) waiting_.push_back(exchange);
  return outcome;
}

void ServiceTraffic::leave_queue(Exchange& exchange, std::size_t worker) {
  exchange.ListHook<PlaceWaitersTag>::unlink();
  limit_->stop_waiting(worker);
}

void ServiceTraffic::offer_place(const PlaceOffer& offer, std::size_t worker) {
  limit_->take_offer(worker);
  GenerationTraffic* generation =
      find([&](const GenerationTraffic& one) { return one.id() == offer.generation; });
  for (Exchange* one = waiting_.front(); generation && one; one = waiting_.after(*one)) {
    if (one->take_place(*generation)) return;
  }
  limit_->decline(offer);
}

void ServiceTraffic::release_queue() {
  waiting_.visit_each([](Exchange& exchange) {
    exchange.leave_queue();
    exchange.try_again(false);
  });
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
