// What happens when a backend does not answer as it should.
//
// A request is given to another connection when the program cannot have begun to execute it, or
// may execute it twice. That it cannot have begun is proven when
//   - nothing of it was sent (the connection was not made), or
//   - the backend's kernel acknowledged nothing of it, and an acknowledgement that was merely
//     late is ruled out: the backend ended in order (its FIN acknowledges all that had arrived
//     before, and what arrives after a close is never read), or the connection was new (Linux
//     acknowledges the first data on a connection at once).
// Without that rule the count of acknowledged bytes proves nothing: measured, a program that
// reads a request on a used connection and is killed with other bytes unread sends a reset, and
// the acknowledgement for what it read, delayed by up to 40 ms, never comes.
#include "http/grpc.h"
#include "proxy/answers.h"
#include "proxy/client_connection.h"
#include "proxy/exchange.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {
namespace {

constexpr int kAtOnce = 3;  // attempts

}  // namespace

void Exchange::on_backend_end() {
  if (!head_passed_) return fail_before_answer(true);
  if (response_body_.ends_with_connection() && backend_->stream().ended_in_order()) {
    backend_stays_ = false;
    finish(0);
    return;
  }
  break_off(502, "the process ended before the end of its answer");
}

bool Exchange::provably_undelivered(bool backend_is_dead) const {
  const Stream& stream = backend_->stream();
  if (stream.sent() == backend_->sent_before() || stream.was_refused()) return true;
  // Closing a connection that lives does not take back what is on its way.
  if (!backend_is_dead) return false;
  if (!stream.ended_in_order() && backend_->is_reused()) return false;
  return stream.acknowledged() <= backend_->sent_before();
}

bool Exchange::may_retry(bool delivered) const {
  if (answer_begun_ || !keeping_) return false;
  // Another one would answer for it, and hide that it fails.
  if (is_shown_ && delivered) return false;
  const bool repeatable = http::is_idempotent(method_) || service_->spec().replay_posts;
  return !delivered || (repeatable && !retried_delivered_);
}

void Exchange::fail_before_answer(bool backend_is_dead) {
  const bool delivered = !provably_undelivered(backend_is_dead);
  GenerationTraffic& generation = *generation_;
  if (!may_retry(delivered)) {
    const std::string_view sentence =
        delivered ? "the process that had the request ended before it answered"
                  : "the process ended and the request is too large to be kept";
    count_route(502, RouteEnd::lost);
    record_failure(RecordCause::backend_closed, 502, sentence);
    count_lost();
    backend_->close();
    detach();
    return answer(502, sentence);
  }
  count(&GenerationCounters::retried);
  if (delivered && backend_is_dead) count(&GenerationCounters::abandoned);
  backend_->close();
  detach();
  fresh_only_ = true;
  retried_delivered_ |= delivered;
  // A backend that accepts and closes at once is left alone for a while.
  if (++attempts_ > kAtOnce) return hold();
  acquire(&generation, false);
}

void Exchange::on_answer_late() {
  if (head_passed_) {
    break_off(504, "the program took too long with its answer");
    return;
  }
  constexpr std::string_view kLate = "the program took too long to answer";
  count(&GenerationCounters::timeouts);
  count_route(504, RouteEnd::timed_out);
  record_failure(RecordCause::timed_out, 504, kLate);
  leave_backend();
  answer(504, kLate);
}

// The answer is no HTTP, or too much of it.
bool Exchange::spoil(std::string_view sentence) {
  count_lost();
  count_route(502, RouteEnd::lost);
  record_failure(RecordCause::not_http, 502, sentence);
  backend_->close();
  detach();
  answer(502, sentence);
  return false;
}

// Inside an answer: the client must see that it is not whole.
bool Exchange::break_off(int status, std::string_view sentence) {
  count_lost();
  count_route(status, RouteEnd::lost);
  record_failure(RecordCause::broken_off, status_, sentence);
  if (!end_call(status, sentence)) client_->abort();
  return false;
}

// That a call of gRPC has not ended well can be said in order, and then its client knows whether to
// call again. False where it cannot be said: it is no call, or there is no place for it.
bool Exchange::end_call(int status, std::string_view sentence) {
  if (!is_grpc_ || !response_body_.is_between_chunks()) return false;
  const std::string end = "0\r\n" + grpc_trailers(status, sentence) + "\r\n";
  if (!client_->stream().send(end)) return false;
  grpc_status_ = http::grpc_code(status);
  if (record_) log_end(status_, false);
  if (recording_) end_recording(false);  // a sample, of a service whose failures are not recorded
  backend_->close();
  detach();
  client_->on_exchange_over(false);
  return true;
}

// A connection of bytes that a dying program did not accept: the kernel made it, and resets it
// with the program's end. Who resets each connection means it.
bool Exchange::is_unaccepted() const {
  const Stream& client = client_->stream();
  return is_bytes_ && tunnel_.is_untouched() && backend_->stream().was_reset() &&
         provably_undelivered(true) && attempts_ < kAtOnce && !client.hung_up() && !client.broken();
}

void Exchange::connect_again() {
  GenerationTraffic& generation = *generation_;
  count(&GenerationCounters::retried);
  backend_->close();
  detach();
  ++attempts_;
  acquire(&generation, false);
}

void Exchange::cut() {
  switch (phase_) {
    case Phase::idle:
    case Phase::held:
    case Phase::queued:
      return;
    case Phase::connecting:
      backend_->close();
      detach();
      return acquire(nullptr, false);
    case Phase::carried:
      if (head_passed_) {
        break_off(503, "the release that had the call is not there any more");
      } else {
        fail_before_answer(false);
      }
      return;
    case Phase::tunnelled:
      return cut_tunnel();
  }
}

void Exchange::answer(int status, std::string_view sentence) {
  forget_kept();
  if (is_bytes_) return client_->abort();  // there is no language to say it in
  const bool stays = client_stays_ && request_body_.done() && !worker_.draining;
  client_->answer({.status = status,
                   .sentence = sentence,
                   .close = !stays,
                   .keep_alive_field = stays && old_client_,
                   .head_only = method_ == http::Method::head,
                   .retry_after = status == 503,
                   .to_grpc = is_grpc_});
}

}  // namespace livefix::proxy
