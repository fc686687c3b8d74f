// The way of a request. Which backend it gets is in exchange_routing.cc, the answer's way in
// exchange_response.cc, who sees a release before others do in exchange_preview.cc, what happens
// when a backend fails in exchange_failure.cc, how a call of gRPC has ended in exchange_grpc.cc,
// what is counted of its route in exchange_count.cc, what is said of it in exchange_log.cc.
#include "proxy/exchange.h"

#include <algorithm>
#include <cstring>

#include "http/grpc.h"
#include "http/request_composer.h"
#include "http/request_scanner.h"
#include "proxy/answers.h"
#include "proxy/client_connection.h"
#include "proxy/exchange_recorder.h"
#include "proxy/request_identity.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {
namespace {

constexpr std::string_view kBodyTooLarge = "the body is larger than is allowed here";

}  // namespace

Exchange::Exchange(WorkerContext& worker)
    : worker_(worker), record_(worker.log ? std::make_unique<AccessRecord>() : nullptr) {}

Exchange::~Exchange() = default;

void Exchange::reset(ClientConnection& client, const http::RequestHead& head) {
  client_ = &client;
  is_bytes_ = false;
  method_ = head.method;
  old_client_ = head.version == http::Version::http10;
  client_stays_ = head.keep_alive;
  offered_upgrade_ = head.upgrade;
  is_grpc_ = client.origin().multiplexed && http::is_grpc(head);
  request_body_ = http::BodyFramer(head.body);
  request_seen_ = 0;
  keeping_ = true;
  kept_cut_ = false;
  kept_.clear();
  fresh_only_ = retried_delivered_ = false;
  attempts_ = 0;
  counted_for_ = 0;
  wish_ = {};
  preview_.reset();
  is_shown_ = false;
  route_.begin();
  held_since_ = {};
  answer_begun_ = head_passed_ = false;
  interim_answers_ = 0;
  interim_bytes_ = 0;
  partial_head_.clear();
  grpc_answer_.reset();
  grpc_status_.reset();
}

std::size_t Exchange::begin(ClientConnection& client, const http::RequestHead& head, char* rest,
                            std::size_t size, bool in_scratch) {
  reset(client, head);
  const RequestIdentity identity(worker_.settings, client.origin(), head, worker_.request_ids);
  if (record_) log_begin(head, identity);
  trace_begins_ = !identity.made_traceparent().empty();
  if (!find_service(head) || !find_preview(head)) return 0;
  to_http2_ = wants_http2();
  if (is_too_large(head.content_length.value_or(0))) {
    reject_request(413, kBodyTooLarge);
    return 0;
  }
  const auto composed = worker_.scratch.head();
  const std::size_t head_size = compose(head, identity, composed);
  if (head_size == 0) {
    reject_request(431, "the request head is too large");
    return 0;
  }

  // Without a connection only as much is taken as can be kept.
  BackendPort* const port = choose(nullptr);
  BackendConnection* const pooled = take_pooled(port);
  const std::size_t room =
      pooled ? size : std::min(size, keep_limit() - std::min(keep_limit(), head_size));
  const auto body = take_body({rest, room});
  if (refuses_body(body)) {
    if (pooled) {
      free_place(pooled->port().generation());
      pooled->close();
    }
    reject_body(body);
    return body.bytes;
  }
  if (!pooled) {
    kept_.assign(composed.data(), head_size);
    kept_.append(rest, body.bytes);
    acquire_at(port, false);
    return body.bytes;
  }
  attach(*pooled, Phase::carried);
  if (in_scratch) {
    // In front of the body, over the head that it was made from: one send for both.
    char* const start = rest - head_size;
    std::memcpy(start, composed.data(), head_size);
    forward({start, head_size + body.bytes});
  } else {
    kept_.assign(composed.data(), head_size);
    if (!pooled->stream().send(kept_, body.bytes > 0)) pooled->yield();
    forward({rest, body.bytes});
  }
  return body.bytes;
}

void Exchange::begin_bytes(ClientConnection& client, ServiceTraffic& service) {
  reset(client, {});
  is_bytes_ = true;
  if (record_) record_->begin_bytes(client.origin(), worker_.loop.now());
  service_ = &service;
  to_http2_ = false;
  fresh_only_ = true;
  acquire(nullptr, false);
}

bool Exchange::bears_half_close() const {
  if (is_tunnel()) return true;
  return is_bytes_ && !client_->stream().hung_up();
}

std::size_t Exchange::compose(const http::RequestHead& head, const RequestIdentity& identity,
                              std::span<char> out) {
  return http::compose_request(head,
                               {.client_ip = identity.peer_ip(),
                                .scheme = client_->origin().secure ? "https" : "http",
                                .default_host = "localhost",
                                .is_trusted = identity.is_trusted(),
                                .id_field = worker_.settings.request_id,
                                .id = identity.id(),
                                .traceparent = identity.made_traceparent()},
                               out);
}

bool Exchange::is_too_large(std::uint64_t body) const {
  const std::uint64_t most = worker_.settings.limits.body;
  return most > 0 && body > most;
}

std::size_t Exchange::keep_limit() const {
  return static_cast<std::size_t>(service_->spec().keep_request);
}

// --- the request ---------------------------------------------------------------------------------

void Exchange::pump_request() {
  for (int reads = 0; !request_body_.done() && phase_ != Phase::idle; ++reads) {
    std::size_t room = kReadSize;
    if (phase_ == Phase::carried) {
      // Without a way to send, what the client says is of no use: the answer, or the end of the
      // connection, is on its way.
      if (backend_->stream().blocked() || backend_->stream().broken()) return;
    } else {
      room = keep_limit() - std::min(keep_limit(), kept_.size());
      if (room == 0) return;
    }
    if (reads == kReadsInARow) return client_->yield();
    char* bytes = nullptr;
    const auto received = client_->more_input(room, bytes);
    if (received.kind == Stream::Read::nothing) return;
    if (received.kind != Stream::Read::data) return client_->close();
    const auto body = take_body({bytes, received.bytes});
    if (refuses_body(body)) return reject_body(body);
    forward({bytes, body.bytes});
    client_->use_input(bytes, received.bytes, body.bytes);
  }
  watch_for_answer();
}

http::BodyProgress Exchange::take_body(std::string_view bytes) {
  const auto body = request_body_.advance(bytes);
  request_seen_ += body.bytes;
  return body;
}

bool Exchange::refuses_body(const http::BodyProgress& body) const {
  return body.state == http::BodyState::malformed || is_too_large(request_seen_);
}

void Exchange::reject_body(const http::BodyProgress& body) {
  if (body.state != http::BodyState::malformed) return reject_request(413, kBodyTooLarge);
  reject_request(400, "the body is not chunked as it should be");
}

// A program that answers meanwhile talks with its client, and either may be silent as long as it
// likes: a client that watches says one thing and then listens. The calls of gRPC have deadlines
// of their own.
bool Exchange::waits_for_client() const {
  if (phase_ == Phase::tunnelled || request_body_.done()) return false;
  if (head_passed_ || is_grpc_) return false;
  if (phase_ == Phase::carried) return !backend_->stream().blocked();
  return phase_ != Phase::idle && kept_.size() < keep_limit();
}

void Exchange::on_client_slow() {
  if (waits_for_client()) return reject_request(408, "the body took too long to arrive");
  client_->abort();
}

void Exchange::forward(std::string_view bytes) {
  if (keeping_) {
    if (kept_.size() + bytes.size() <= keep_limit()) {
      kept_.append(bytes);
    } else {
      keep_little(bytes);
    }
  } else if (!bytes.empty()) {
    kept_cut_ = true;
  }
  if (phase_ != Phase::carried || bytes.empty()) return;
  asked_at_ = worker_.loop.now();
  if (!backend_->stream().send(bytes)) backend_->yield();
}

void Exchange::forget_kept() {
  keeping_ = false;
  // Small requests are the rule: their memory is used again for the next one.
  constexpr std::size_t kCheap = 2048;
  if (kept_.capacity() > kCheap) {
    std::string().swap(kept_);  // an assignment would keep its memory
  } else {
    kept_.clear();
  }
}

void Exchange::reject_request(int status, std::string_view sentence) {
  raise(service_->counters().refused);
  stop_waiting();
  leave_backend();
  phase_ = Phase::idle;
  if (head_passed_) return client_->abort();
  answer(status, sentence);
}

void Exchange::on_client_ready() {
  if (phase_ == Phase::tunnelled) return pump_tunnel();
  pump_request();
  if (phase_ == Phase::carried) pump_response();
}

void Exchange::abandon() {
  if (record_) log_unfinished();
  // It has its answer, as far as it wanted it: event streams have no other end.
  if (phase_ == Phase::carried && head_passed_) count_route(status_);
  if (recording_) end_recording(false);
  stop_waiting();
  leave_backend();
  phase_ = Phase::idle;
  forget_kept();
}

// Before its answer is whole. What the kernel still has of a request that will never be whole is of
// no use to the program, and would be kept until it reads: the program learns at once, by a reset,
// which it cannot take for the end of the body either. A whole request is left for it to read.
void Exchange::leave_backend() {
  if (!backend_) return;
  const bool is_half = !request_body_.done() || backend_->stream().blocked();
  if (phase_ == Phase::carried && is_half && !to_http2_) {
    backend_->reset();
  } else {
    backend_->close();
  }
  detach();
}

}  // namespace livefix::proxy
