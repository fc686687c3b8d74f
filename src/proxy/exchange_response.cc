// The way of an answer to the client.
#include <algorithm>
#include <cstring>

#include "http/response_composer.h"
#include "http/response_scanner.h"
#include "model/grpc_status.h"
#include "proxy/answers.h"
#include "proxy/client_connection.h"
#include "proxy/exchange.h"
#include "proxy/exchange_recorder.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {
namespace {

// By RFC 6455. Its forerunner had no such field, and other frames.
bool begins_websocket(const http::ResponseHead& head) {
  return http::equals_lowercase(head.upgrade, "websocket") &&
         std::ranges::any_of(head.fields, [](const http::Field& field) {
           return http::equals_lowercase(field.name, "sec-websocket-accept");
         });
}

http::WebSocketMask make_mask(const http::RequestId& random) {
  http::WebSocketMask mask;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const int high = http::hexadecimal_value(random.view()[2 * i]);
    const int low = http::hexadecimal_value(random.view()[2 * i + 1]);
    mask[i] = static_cast<char>(high << 4 | low);
  }
  return mask;
}

}  // namespace

void Exchange::on_backend_ready() {
  if (phase_ == Phase::tunnelled) return pump_tunnel();
  Stream& backend = backend_->stream();
  if (backend.blocked()) {
    const std::uint64_t sent_before = backend.sent();
    const bool lives = backend.flush();
    // Who takes the request is not silent.
    if (answer_begun_ && backend.sent() != sent_before) Deadline::unlink();
    if (lives && !backend.blocked()) {
      pump_request();
      if (phase_ != Phase::carried) return;
    }
  }
  pump_response();
}

void Exchange::pump_response() {
  BackendConnection& backend = *backend_;
  for (int reads = 0; backend.stream().readable(); ++reads) {
    if (client_->stream().blocked()) break;
    if (reads == kReadsInARow) return backend.yield();
    char* const input = worker_.scratch.input();
    const std::size_t before = partial_head_.size();
    std::memcpy(input, partial_head_.data(), before);
    const auto received = backend.stream().receive({input + before, kReadSize});
    if (received.kind == Stream::Read::nothing) break;
    if (received.kind != Stream::Read::data) return on_backend_end();
    partial_head_.clear();
    const bool had_begun = answer_begun_;
    if (!take_response(input, before + received.bytes)) return;
    if (had_begun || answer_begun_) Deadline::unlink();
  }
  watch_for_more();
}

// Between two reads of an answer the program has so much time, but only while it has a reason to
// speak: somebody takes what it says, and it has the whole request, or does not take it.
void Exchange::watch_for_more() {
  if (client_->stream().blocked()) {
    Deadline::unlink();
    return client_->watch_progress();
  }
  if (!answer_begun_) return watch_for_answer();
  const Milliseconds most = service_->spec().limits.idle_answer;
  if (most == Milliseconds{0}) return;
  if (!request_body_.done() && !backend_->stream().blocked()) return Deadline::unlink();
  if (!Deadline::linked()) worker_.late_answers.add(*this, worker_.loop.now() + most);
}

// From the end of the request on, the program has so much time to begin its answer. Interim answers
// are none.
void Exchange::watch_for_answer() {
  if (phase_ != Phase::carried || answer_begun_ || !request_body_.done()) return;
  const Milliseconds most = service_->spec().limits.answer;
  if (most == Milliseconds{0} || Deadline::linked()) return;
  worker_.late_answers.add(*this, worker_.loop.now() + most);
}

// These return false when the exchange is not carried any more. It may be the next one by then.

bool Exchange::take_response(char* bytes, std::size_t size) {
  if (head_passed_) return pass_body(bytes, size, 0);
  while (size > 0) {
    if (record_ && !answer_begun_) record_->note_first_byte(worker_.loop.now());
    answer_begun_ = true;
    http::ResponseHead& head = worker_.response_head;
    const auto outcome = http::scan_response({bytes, size}, head);
    if (std::holds_alternative<http::NeedsMore>(outcome)) {
      partial_head_.assign(bytes, size);
      return true;
    }
    if (const auto* refusal = std::get_if<http::Refusal>(&outcome)) return spoil(refusal->reason);
    const std::size_t head_size = std::get<http::Complete>(outcome).size;
    if (head.status == 101) return begin_tunnel(bytes, head_size, size);
    if (!head.is_interim()) return pass_head(bytes, head_size, size);
    if (!pass_interim(head_size)) return false;
    answer_begun_ = false;
    bytes += head_size;
    size -= head_size;
  }
  return true;
}

bool Exchange::pass_interim(std::size_t head_size) {
  interim_bytes_ += head_size;
  if (++interim_answers_ > kMaxInterimAnswers || interim_bytes_ > kMaxInterimBytes) {
    return spoil("there are too many interim answers");
  }
  if (old_client_) return true;  // HTTP/1.0 knows no interim answers
  const auto out = worker_.scratch.head().first(head_size + http::kMaxResponseGrowth);
  const std::size_t composed = http::compose_response(worker_.response_head, {}, out);
  if (client_->stream().send({out.data(), composed})) return true;
  client_->close();
  return false;
}

bool Exchange::pass_head(char* bytes, std::size_t head_size, std::size_t size) {
  const http::ResponseHead& head = worker_.response_head;
  const auto body = http::body_of(head, method_);
  response_body_ = http::BodyFramer(body);
  status_ = head.status;
  keeping_ = false;
  if (is_grpc_) grpc_answer_ = http::GrpcAnswer::of(head);
  if (worker_.recorder) record_answer({bytes, head_size});
  unchunk_ = old_client_ && std::holds_alternative<http::ChunkedBody>(head.body);
  const bool until_close = std::holds_alternative<http::CloseBody>(body);
  // What follows an answer that has no body, though it says so, could be taken for the next one.
  const bool lies = head.status == 204 && !std::holds_alternative<http::CloseBody>(head.body) &&
                    head.content_length != 0;
  backend_stays_ = head.keep_alive && !until_close && !lies;
  backend_rest_ = worker_.limits.idle_backend;
  if (head.keep_alive_seconds) {
    // The program's own clock runs, too; half a second is for the way.
    backend_rest_ = std::min(backend_rest_, Milliseconds{*head.keep_alive_seconds * 1000LL - 500});
  }
  // An answer before the end of the request: the client may or may not send the rest of it, so
  // the framing of the connection is lost (RFC 9110 section 10.1.1).
  const bool unframed = until_close || (unchunk_ && !response_body_.done());
  client_stays_ = client_stays_ && request_body_.done() && !unframed && !worker_.draining;

  http::ResponseRewrite rewrite;
  rewrite.unchunked = unchunk_;
  rewrite.cookie = {.name = service_->spec().generation.cookie,
                    .value = is_shown_ ? "" : service_->cookie_for(*generation_, wish_),
                    .secure = client_->origin().secure};
  const std::string preview = preview_text();
  rewrite.preview = preview;
  if (!client_stays_) {
    rewrite.connection = http::ClientConnectionField::close;
  } else if (old_client_) {
    rewrite.connection = http::ClientConnectionField::keep_alive;
  }
  const auto composed = worker_.scratch.head();
  const std::size_t composed_size = http::compose_response(head, rewrite, composed);
  if (composed_size == 0) return spoil("the head of the answer is too large");
  std::memcpy(bytes + head_size - composed_size, composed.data(), composed_size);
  head_passed_ = true;
  if (!request_body_.done()) client_->watch_progress();  // no hurry any more
  route_.note_head(worker_.loop.now() - asked_at_);
  count_latency();
  if (!pass_body(bytes + head_size, size - head_size, composed_size)) return false;
  keep_little({});
  return true;
}

// `composed_size` bytes of a head lie right in front of `bytes`.
bool Exchange::pass_body(char* bytes, std::size_t size, std::size_t composed_size) {
  if (recording_) recording_->add_answer({bytes, size});
  std::size_t payload = 0;
  http::BodyProgress body;
  if (unchunk_) {
    body = response_body_.advance_unchunked(bytes, size, payload);
  } else if (grpc_answer_) {
    body = response_body_.advance(
        {bytes, size}, [](std::string_view) {}, [this](char c) { grpc_answer_->add_trailer(c); });
    payload = body.bytes;
  } else {
    body = response_body_.advance({bytes, size});
    payload = body.bytes;
  }
  if (!client_->stream().send({bytes - composed_size, composed_size + payload})) {
    client_->close();
    return false;
  }
  route_.answer_bytes += payload;
  if (record_) record_->add_bytes(payload);
  if (recording_) recording_->answer_bytes += body.bytes;
  if (body.state == http::BodyState::malformed) {
    return break_off(502, "the answer is not framed as it should be");
  }
  return body.state == http::BodyState::done ? finish(size - body.bytes) : true;
}

bool Exchange::finish(std::size_t left_over) {
  const int status = counted_status();
  if (grpc_answer_) grpc_status_ = grpc_answer_->code();
  count(&GenerationCounters::answered);
  if (status >= 500) count(&GenerationCounters::failed);
  count_route(status);
  if (record_) log_end(status_, true);
  if (const auto code = grpc_failure_in(status)) record_grpc_failure(*code);
  if (recording_) end_recording(true);
  forget_kept();
  const Stream& stream = backend_->stream();
  const bool reusable = backend_stays_ && request_body_.done() && left_over == 0 &&
                        !stream.blocked() && !stream.broken() && !stream.peer_is_leaving() &&
                        backend_rest_ > Milliseconds{0} && generation_->weight() > 0 &&
                        !worker_.draining;
  if (reusable) {
    backend_->port().pool().put(*backend_, backend_rest_);
  } else {
    backend_->close();
  }
  detach();
  client_->on_exchange_over(client_stays_);
  return false;
}

// --- tunnels -------------------------------------------------------------------------------------

bool Exchange::begin_tunnel(char* bytes, std::size_t head_size, std::size_t size) {
  const http::ResponseHead& head = worker_.response_head;
  if (offered_upgrade_.empty() || head.upgrade.empty()) {
    return spoil("the program switched protocols without being asked");
  }
  if (!http::has_only_elements_of(head.upgrade, offered_upgrade_)) {
    return spoil("the program switched to another protocol than was offered");
  }
  forget_kept();
  Deadline::unlink();
  tunnel_ = Tunnel(begins_websocket(head));
  const auto composed = worker_.scratch.head();
  const std::string preview = preview_text();
  const std::size_t composed_size = http::compose_response(
      head, {.connection = http::ClientConnectionField::upgrade, .preview = preview}, composed);
  if (composed_size == 0) return spoil("the head of the answer is too large");
  char* const start = bytes + head_size - composed_size;
  std::memcpy(start, composed.data(), composed_size);
  route_.note_head(worker_.loop.now() - asked_at_);
  count_latency();
  if (record_) record_->count_from(client_->stream().sent() + composed_size);
  if (!client_->stream().send({start, composed_size + size - head_size})) {
    client_->close();
    return false;
  }
  free_place(*generation_);  // it may stay open for hours, and be idle
  // What the client has sent behind its request is for the tunnel.
  const std::string early = client_->take_input();
  tunnel_.note_begin(early, {bytes + head_size, size - head_size});
  if (!backend_->stream().send(early)) backend_->yield();
  open_tunnel();
  return false;
}

void Exchange::open_tunnel() {
  count(&GenerationCounters::answered);
  count_route(101);
  phase_ = Phase::tunnelled;
  generation_->begin_tunnel(*this, tunnel_.is_websocket());
  pump_tunnel();
}

void Exchange::say_goodbye(http::CloseCode code) {
  tunnel_.say_goodbye(code);
  pump_tunnel();
}

// The last moment for a goodbye: the program ends now. The client gets time to take it.
void Exchange::cut_tunnel() {
  const auto mask = make_mask(worker_.request_ids.next());
  if (!tunnel_.part(client_->stream(), backend_->stream(), http::CloseCode::service_restart,
                    mask)) {
    return client_->close();
  }
  part();
}

void Exchange::part() {
  if (record_) log_unfinished();
  backend_->close();
  detach();
  client_->on_exchange_over(false);
}

void Exchange::pump_tunnel() {
  switch (tunnel_.pump(client_->stream(), backend_->stream(), worker_.scratch)) {
    case Tunnel::Outcome::open:
      return;
    case Tunnel::Outcome::busy:
      client_->yield();
      return backend_->yield();
    case Tunnel::Outcome::over:
      return is_unaccepted() ? connect_again() : client_->close();
    case Tunnel::Outcome::parted:
      return part();
  }
}

}  // namespace livefix::proxy
