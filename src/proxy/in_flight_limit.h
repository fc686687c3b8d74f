// How many requests each generation of a service may have at once, over all workers, and who waits
// for a place among them. A place that becomes free while somebody waits is not free: it is given
// to a worker where one waits, in turn, so that who comes later cannot take it.
//
//   enter --> has a place --leave--> free, or given: offer(worker, generation)
//     \                                    the worker: a waiter takes it, or decline
//      `--none--> wait --offered, or has left--> stop_waiting
//
// Shared by the workers of a proxy: every member may be called on any thread. `offer` is called
// inside leave and decline, and has to come to the worker as a message.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "base/ids.h"
#include "model/routing_plan.h"

namespace livefix::proxy {

// A place of a generation, on its way to a worker; `declined`: by so many workers so far.
struct PlaceOffer {
  UnitId generation{};
  std::size_t declined = 0;
};

class InFlightLimit {
 public:
  using Offer = std::function<void(std::size_t worker, const PlaceOffer& offer)>;

  InFlightLimit(std::size_t workers, Offer offer);

  // Before any worker uses the plan: generations with weight have places.
  void apply(const RoutingPlan& plan);

  bool has_room(UnitId generation);
  // False when all places are taken.
  bool enter(UnitId generation);
  void leave(UnitId generation);

  enum class Wait : std::uint8_t { waits, too_many, has_room };
  // `has_room`: one of `usable` has got a place meanwhile, try again.
  Wait wait(std::size_t worker, std::span<const UnitId> usable);
  void stop_waiting(std::size_t worker);

  // An offer has reached the worker. When nobody there can use it, somebody elsewhere may.
  void take_offer(std::size_t worker);
  void decline(const PlaceOffer& offer);

  // Nobody is offered anything any more: the workers go.
  void close();

 private:
  struct Generation {
    UnitId id{};
    bool is_open = true;  // gets new requests
    std::uint32_t taken = 0;
  };
  struct WorkerQueue {
    std::uint32_t waiting = 0;
    std::uint32_t offered = 0;  // on their way to it
  };

  Generation* find(UnitId id);
  bool has_room(const Generation& generation) const;
  // Gives the place away, or frees it.
  void pass_on(Generation& generation, const PlaceOffer& offer);

  std::mutex mutex_;
  Offer offer_;
  std::uint32_t most_ = 0;
  std::uint32_t longest_queue_ = 0;
  std::uint32_t waiting_ = 0;
  std::vector<Generation> generations_;
  std::vector<WorkerQueue> queues_;  // by worker
  std::size_t next_ = 0;             // the worker that is asked first
};

}  // namespace livefix::proxy
