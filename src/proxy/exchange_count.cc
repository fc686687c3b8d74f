// What is counted of an exchange: of its generation, and of its route when it is over or has become
// a tunnel. Of a preview nothing is: whoever judges a candidate by what its traffic came to shall
// not judge it by who has looked at it before.
#include "proxy/exchange.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {

void Exchange::count(std::atomic<std::uint64_t> GenerationCounters::* total) {
  if (!is_shown_) generation_->count(total);
}

void Exchange::count_latency() {
  if (!is_shown_) generation_->count_latency(route_.latency);
}

void Exchange::count_lost() {
  if (!is_shown_) generation_->lose();
}

void Exchange::count_route(int status, RouteEnd end) {
  if (is_bytes_ || is_shown_ || !service_->spec().count_routes) return;
  if (std::exchange(route_.counted, true)) return;
  route_.status = status;
  worker_.routes.count({.generation = generation_->id(),
                        .service = service_->index(),
                        .method = method_,
                        .status = status,
                        .end = end,
                        .bytes = request_seen_},
                       route_);
}

}  // namespace livefix::proxy
