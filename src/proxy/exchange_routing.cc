// Which backend a request gets, and how it waits for one: in the hold queue for a generation that
// serves, in the queue of its service for a place in one that has enough to do.
#include <algorithm>

#include "http/request_scanner.h"
#include "proxy/client_connection.h"
#include "proxy/exchange.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {

bool Exchange::find_service(const http::RequestHead& head) {
  const ServiceTraffic* const before = service_;
  service_ = worker_.router.route(client_->origin().public_port, head.host, head.target);
  if (service_ != before) preview_.reset();  // a pass is for one service
  if (service_) {
    wish_ = service_->wish_of(head);
    const TrafficSpec& spec = service_->spec();
    if (spec.count_routes || spec.record.memory > 0) {
      worker_.routes.find_route(service_->index(), service_->listed_routes(), head.target, route_);
    }
    return true;
  }
  phase_ = Phase::idle;
  answer(404, "no service is for this host and path");
  return false;
}

// gRPC is HTTP/2 at both ends or nothing. All other programs speak HTTP/1.1 as well, mostly, and
// an upgrade is a thing of HTTP/1.1.
bool Exchange::wants_http2() const {
  if (!offered_upgrade_.empty()) return false;
  switch (service_->spec().backend) {
    case BackendProtocol::http1:
      return false;
    case BackendProtocol::http2:
      return true;
    case BackendProtocol::automatic:
      break;
  }
  return is_grpc_;
}

BackendPort* Exchange::choose(const GenerationTraffic* avoid) {
  if (preview_) {
    BackendPort* shown = service_->choose_shown(client_->origin().public_port, *preview_);
    if (shown) return shown;
  }
  return service_->choose(client_->origin().public_port, avoid, wish_.generation);
}

// The common way: a connection is there, and nothing has to be kept. nullptr: acquire_at.
BackendConnection* Exchange::take_pooled(BackendPort* port) {
  if (to_http2_) return nullptr;
  if (!port || port->refusing || !port->generation().take_place()) return nullptr;
  // A pooled connection may have been closed this moment. What is not idempotent could not be
  // sent again, so a look is worth its system call.
  BackendConnection* const pooled = port->pool().take(!http::is_idempotent(method_));
  if (pooled) {
    has_place_ = true;
  } else {
    port->generation().free_place();
  }
  return pooled;
}

void Exchange::acquire(const GenerationTraffic* avoid, bool may_probe) {
  acquire_at(choose(avoid), may_probe);
}

void Exchange::acquire_at(BackendPort* port, bool may_probe) {
  if (!port) return service_->serves(client_->origin().public_port) ? queue() : hold();
  if (port->refusing && (!may_probe || port->probing)) return hold();
  if (!port->generation().take_place()) return queue();
  take(*port);
}

// The place is ours.
void Exchange::take(BackendPort& port) {
  has_place_ = true;
  if (!fresh_only_ && !port.refusing && !to_http2_) {
    if (auto* pooled = port.pool().take(!http::is_idempotent(method_))) {
      attach(*pooled, Phase::carried);
      if (!pooled->stream().send(kept_)) pooled->yield();
      return pump_request();
    }
  }
  auto* connection = BackendConnection::connect(worker_, port, *this, to_http2_);
  if (!connection) {
    port.refusing = true;
    free_place(port.generation());
    return hold();
  }
  port.probing = port.refusing;
  attach(*connection, Phase::connecting);
}

void Exchange::free_place(GenerationTraffic& generation) {
  if (std::exchange(has_place_, false)) generation.free_place();
}

void Exchange::attach(BackendConnection& backend, Phase phase) {
  phase_ = phase;
  backend_ = &backend;
  generation_ = &backend.port().generation();
  generation_->begin();
  asked_at_ = worker_.loop.now();
  is_shown_ = preview_ && ServiceTraffic::is_shown(*generation_, *preview_);
  if (record_) record_->set_release(generation_->label());
  if (std::exchange(counted_for_, number(generation_->id())) != number(generation_->id())) {
    count(&GenerationCounters::requests);
  }
  if (phase == Phase::carried) {
    backend.port().connections().push_back(backend);
    backend.carry(*this);
  }
}

void Exchange::detach() {
  Deadline::unlink();
  if (phase_ == Phase::tunnelled) generation_->end_tunnel(*this);
  generation_->end();
  free_place(*generation_);
  generation_ = nullptr;
  backend_ = nullptr;
  phase_ = Phase::idle;
}

void Exchange::on_connected() {
  phase_ = Phase::carried;
  BackendPort& port = backend_->port();
  if (!backend_->stream().send(kept_)) backend_->yield();
  if (std::exchange(port.refusing, false)) worker_.hold.release(false);
  if (is_bytes_) {
    tunnel_ = Tunnel();
    if (record_) record_->count_from(client_->stream().sent());
    return open_tunnel();
  }
  pump_request();
  if (phase_ == Phase::carried) pump_response();
}

void Exchange::on_connect_failed() {
  backend_->port().refusing = true;
  const GenerationTraffic* failed = generation_;
  detach();
  acquire(failed, false);
}

// --- waiting -------------------------------------------------------------------------------------

TimePoint Exchange::waits_until() {
  const auto now = worker_.loop.now();
  if (held_since_ == TimePoint{}) held_since_ = now;
  return held_since_ + service_->hold_policy().max_wait;
}

void Exchange::hold() {
  phase_ = Phase::held;
  if (!worker_.hold.enter(*this, waits_until())) shed();
}

void Exchange::queue() {
  phase_ = Phase::queued;
  switch (service_->wait_for_place(*this, client_->origin().public_port, worker_.index)) {
    case InFlightLimit::Wait::waits:
      raise(service_->counters().held);
      worker_.place_deadlines.add(*this, waits_until());
      return;
    case InFlightLimit::Wait::too_many:
      return shed();
    case InFlightLimit::Wait::has_room:
      return acquire(nullptr, false);
  }
}

void Exchange::leave_queue() {
  Deadline::unlink();
  service_->leave_queue(*this, worker_.index);
  lower(service_->counters().held);
  phase_ = Phase::idle;
}

bool Exchange::take_place(GenerationTraffic& generation) {
  BackendPort* port = generation.port(client_->origin().public_port);
  if (!port || port->refusing || generation.weight() == 0) return false;
  leave_queue();
  note_waited();
  take(*port);
  return true;
}

void Exchange::stop_waiting() {
  if (phase_ == Phase::held) worker_.hold.leave(*this);
  if (phase_ == Phase::queued) leave_queue();
}

void Exchange::try_again(bool may_probe) {
  phase_ = Phase::idle;
  note_waited();
  if (!is_bytes_) {
    // A plan may have come since that knows more. What is kept is the whole head.
    http::RequestHead& head = worker_.request_head;
    http::scan_request(kept_, head);
    if (!find_service(head)) return;
    to_http2_ = wants_http2();
  }
  acquire(nullptr, may_probe);
}

void Exchange::on_deadline() noexcept {
  if (!waits()) return on_answer_late();
  stop_waiting();
  shed();
}

void Exchange::shed() {
  phase_ = Phase::idle;
  note_waited();
  raise(service_->counters().shed);
  answer(503, "no process of the service could take the request in time");
}

}  // namespace livefix::proxy
