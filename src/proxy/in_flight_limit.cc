#include "proxy/in_flight_limit.h"

#include <algorithm>

namespace livefix::proxy {

InFlightLimit::InFlightLimit(std::size_t workers, Offer offer)
    : offer_(std::move(offer)), queues_(workers) {}

void InFlightLimit::apply(const RoutingPlan& plan) {
  const std::scoped_lock lock(mutex_);
  most_ = plan.traffic.limits.in_flight;
  longest_queue_ = plan.traffic.limits.queue;
  std::vector<Generation> generations;
  for (const GenerationRoute& route : plan.generations) {
    const Generation* known = find(route.generation);
    generations.push_back({route.generation, route.weight > 0, known ? known->taken : 0});
  }
  generations_ = std::move(generations);
}

bool InFlightLimit::has_room(UnitId generation) {
  const std::scoped_lock lock(mutex_);
  const Generation* known = find(generation);
  return !known || has_room(*known);
}

// A generation that no plan names any more is cut: what it has is over, and counts no more.
bool InFlightLimit::enter(UnitId generation) {
  const std::scoped_lock lock(mutex_);
  Generation* known = find(generation);
  if (!known) return true;
  if (!has_room(*known)) return false;
  ++known->taken;
  return true;
}

void InFlightLimit::leave(UnitId generation) {
  const std::scoped_lock lock(mutex_);
  Generation* known = find(generation);
  if (known && known->taken > 0) pass_on(*known, {generation});
}

InFlightLimit::Wait InFlightLimit::wait(std::size_t worker, std::span<const UnitId> usable) {
  const std::scoped_lock lock(mutex_);
  const bool free = std::ranges::any_of(usable, [this](UnitId id) {
    const Generation* known = find(id);
    return !known || has_room(*known);
  });
  if (free) return Wait::has_room;
  if (waiting_ >= longest_queue_) return Wait::too_many;
  ++waiting_;
  ++queues_[worker].waiting;
  return Wait::waits;
}

void InFlightLimit::stop_waiting(std::size_t worker) {
  const std::scoped_lock lock(mutex_);
  --waiting_;
  --queues_[worker].waiting;
}

void InFlightLimit::take_offer(std::size_t worker) {
  const std::scoped_lock lock(mutex_);
  --queues_[worker].offered;
}

void InFlightLimit::decline(const PlaceOffer& offer) {
  const std::scoped_lock lock(mutex_);
  Generation* known = find(offer.generation);
  if (!known || known->taken == 0) return;
  if (offer.declined + 1 >= queues_.size()) {
    --known->taken;
  } else {
    pass_on(*known, {offer.generation, offer.declined + 1});
  }
}

void InFlightLimit::close() {
  const std::scoped_lock lock(mutex_);
  queues_.assign(queues_.size(), {});
  generations_.clear();
}

InFlightLimit::Generation* InFlightLimit::find(UnitId id) {
  const auto place = std::ranges::find(generations_, id, &Generation::id);
  return place == generations_.end() ? nullptr : &*place;
}

bool InFlightLimit::has_room(const Generation& generation) const {
  return most_ == 0 || generation.taken < most_;
}

void InFlightLimit::pass_on(Generation& generation, const PlaceOffer& offer) {
  if (generation.is_open) {
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      const std::size_t worker = (next_ + i) % queues_.size();
      WorkerQueue& queue = queues_[worker];
      if (queue.waiting <= queue.offered) continue;
      ++queue.offered;
      next_ = (worker + 1) % queues_.size();
      return offer_(worker, offer);
    }
  }
  --generation.taken;
}

}  // namespace livefix::proxy
