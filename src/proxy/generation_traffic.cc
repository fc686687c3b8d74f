#include "proxy/generation_traffic.h"

#include <algorithm>

#include "proxy/exchange.h"
#include "proxy/http2_backend.h"

namespace livefix::proxy {

void BackendPort::retire() {
  pool_.clear();
  http2_.visit_each([](Http2Backend& backend) { backend.retire(); });
}

void BackendPort::close_idle() {
  pool_.clear();
  while (Http2Backend* backend = http2_.front()) backend->close();
}

BackendPort* GenerationTraffic::port(std::uint16_t public_port) {
  if (public_port == 0) return ports_.empty() ? nullptr : ports_.front().get();
  for (const auto& port : ports_) {
    if (port->public_port() == public_port) return port.get();
  }
  return nullptr;
}

void GenerationTraffic::apply(const GenerationRoute& route, std::shared_ptr<InFlightLimit> limit) {
  limit_ = std::move(limit);
  label_ = route.label;
  weight_ = route.weight;
  is_candidate_ = route.is_candidate;
  ends_ = route.ends;
  for (const Backend& backend : route.backends) {
    BackendPort* known = port(backend.public_port);
    if (known && known->address() == backend.address) continue;
    if (known) retire(*known);
    ports_.push_back(std::make_unique<BackendPort>(*this, backend));
  }
  for (const auto& port : ports_) {
    port->refusing = false;
    if (weight_ == 0) port->retire();
  }
}

// What it carries goes on; new requests go to the address that took its place.
void GenerationTraffic::retire(BackendPort& port) {
  port.retire();
  const auto place = std::ranges::find(ports_, &port, &std::unique_ptr<BackendPort>::get);
  retired_ports_.push_back(std::move(*place));
  ports_.erase(place);
}

void GenerationTraffic::for_each_port(const std::function<void(BackendPort&)>& visit) {
  for (const auto& port : ports_) visit(*port);
  for (const auto& port : retired_ports_) visit(*port);
}

void GenerationTraffic::begin() {
  show(&GenerationCounters::in_flight, ++in_flight_);
}

void GenerationTraffic::end() {
  show(&GenerationCounters::in_flight, --in_flight_);
}

void GenerationTraffic::begin_tunnel(Exchange& exchange, bool is_websocket) {
  if (is_websocket) farewell_.add(exchange);
  show(&GenerationCounters::tunnels, ++tunnels_);
}

void GenerationTraffic::end_tunnel(Exchange& exchange) {
  exchange.ListHook<FarewellTag>::unlink();
  show(&GenerationCounters::tunnels, --tunnels_);
}

void GenerationTraffic::show(std::atomic<std::uint32_t> GenerationCounters::* gauge,
                             std::uint32_t value) {
  if (has_slot()) set(counters_.*gauge, value);
}

void GenerationTraffic::lose() {
  raise(service_counters_.lost);
  count(&GenerationCounters::lost);
}

void GenerationTraffic::count(std::atomic<std::uint64_t> GenerationCounters::* total) {
  if (has_slot()) raise(counters_.*total);
}

void GenerationTraffic::count_latency(Clock::duration latency) {
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
  if (has_slot()) raise(latencies_[latency::bucket_of(static_cast<std::uint64_t>(time))]);
}

}  // namespace livefix::proxy
