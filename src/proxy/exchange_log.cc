// What the access log says of an exchange. Only the end of one is written, once.
#include "http/grpc.h"
#include "proxy/access_log.h"
#include "proxy/client_connection.h"
#include "proxy/exchange.h"
#include "proxy/request_identity.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {
namespace {

// As nginx has them.
constexpr int kClientLeft = 499;
constexpr int kNoAnswer = 444;  // livefix has left

}  // namespace

void Exchange::log_begin(const http::RequestHead& head, const RequestIdentity& identity) {
  const ClientOrigin& origin = client_->origin();
  const TimePoint now = worker_.loop.now();
  if (identity.is_trusted()) {
    record_->begin(head, origin, client_of(worker_.settings, origin, head).ip(), now);
  } else {
    record_->begin(head, origin, identity.peer_ip(), now);
  }
  record_->set_id(identity.id());
  if (const auto trace = http::parse_traceparent(identity.traceparent())) {
    record_->set_trace(trace->trace_id);
  }
}

void Exchange::note_waited() {
  if (record_) record_->note_waited(held_since_, worker_.loop.now());
}

void Exchange::log_answer(int status, std::size_t body_size, bool complete) {
  if (!record_) return;
  record_->add_bytes(body_size);
  if (is_grpc_) grpc_status_ = http::grpc_code(status);
  log_end(status, complete);
}

// Of something that ends before its time, or of a tunnel, which has no other end.
void Exchange::log_unfinished() {
  if (!record_->is_open()) return;
  if (waits()) note_waited();
  if (phase_ == Phase::tunnelled) {
    record_->count_to(client_->stream().sent());
    if (is_bytes_) return log_end(0, true);
    return log_end(client_->origin().multiplexed ? 200 : 101, true);
  }
  if (is_bytes_) return log_end(0, false);
  if (head_passed_) return log_end(status_, false);
  log_end(worker_.stopping ? kNoAnswer : kClientLeft, false);
}

void Exchange::log_end(int status, bool complete) {
  // By HTTP/2 a client that asked for a WebSocket is told so (see http2_request_stream.cc).
  const bool asked_for_tunnel = !offered_upgrade_.empty() && client_->origin().multiplexed;
  if (asked_for_tunnel && phase_ != Phase::tunnelled && status < 300) status = 502;
  worker_.log->write(*record_,
                     {.status = status,
                      .complete = complete,
                      .service = service_ ? std::string_view(service_->name()) : std::string_view{},
                      .generation = counted_for_,
                      .grpc_status = grpc_status_});
}

}  // namespace livefix::proxy
