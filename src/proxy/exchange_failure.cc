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
#include "proxy/answers.h"
#include "proxy/client_connection.h"
#include "proxy/exchange.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {

void Exchange::on_backend_end() {
  if (!head_passed_) return fail_before_answer(true);
  if (response_body_.ends_with_connection() && backend_->stream().ended_in_order()) {
    backend_stays_ = false;
    finish(0);
    return;
  }
  break_off("the program ended inside its answer");
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
    record_failure(RecordCause::backend_closed, 502, sentence);
    backend_->close();
    detach();
    generation.lose();
    return answer(502, sentence);
  }
  backend_->close();
  detach();
  generation.count(&GenerationCounters::retried);
  if (delivered && backend_is_dead) generation.count(&GenerationCounters::abandoned);
  fresh_only_ = true;
  retried_delivered_ |= delivered;
  // A backend that accepts and closes at once is left alone for a while.
  constexpr int kAtOnce = 3;
  if (++attempts_ > kAtOnce) return hold();
  acquire(&generation, false);
}

void Exchange::on_answer_late() {
  if (head_passed_) {
    break_off("the program paused too long inside its answer");
    return;
  }
  constexpr std::string_view kLate = "the program took too long to answer";
  generation_->count(&GenerationCounters::timeouts);
  record_failure(RecordCause::timed_out, 504, kLate);
  backend_->close();
  detach();
  answer(504, kLate);
}

// The answer is no HTTP, or too much of it.
bool Exchange::spoil(std::string_view sentence) {
  generation_->lose();
  record_failure(RecordCause::not_http, 502, sentence);
  backend_->close();
  detach();
  answer(502, sentence);
  return false;
}

// Inside an answer: the client must see that it is not whole.
bool Exchange::break_off(std::string_view sentence) {
  generation_->lose();
  record_failure(RecordCause::broken_off, status_, sentence);
  client_->abort();
  return false;
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
        break_off("its generation was ended before the answer was whole");
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
                   .retry_after = status == 503});
}

}  // namespace livefix::proxy
