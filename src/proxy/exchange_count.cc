// What is counted of an exchange's route when it is over, or has become a tunnel.
#include "proxy/exchange.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {

void Exchange::count_route(int status, RouteEnd end) {
  if (is_bytes_ || !service_->spec().count_routes) return;
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
