// What is recorded of an exchange (docs/recorder.md). An answer that goes well and is no sample
// costs a comparison; the request, which is kept anyway until its answer begins, is kept until its
// answer ends, so that there is something to tell when it ends too soon.
#include <algorithm>

#include "proxy/client_connection.h"
#include "proxy/exchange.h"
#include "proxy/exchange_recorder.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {
namespace {

// Of a request that is not kept as a whole, or whose answer takes its time.
constexpr std::size_t kLittle = 8 * 1024;
// Of the body of an answer that is compared with another one's.
constexpr std::size_t kMostCompared = 64 * 1024;

}  // namespace

// The head of an answer has come.
void Exchange::record_answer(std::string_view head) {
  if (is_shown_) return;
  auto& choice = service_->record_choice();
  const bool is_failure = choice.is_failure(status_);
  const bool is_kept = is_failure || choice.is_sample(status_, worker_.loop.now());
  if (!is_kept && !is_mirrored()) return;
  recording_ = begin_recording(is_failure ? RecordCause::status : RecordCause::healthy, status_);
  if (!recording_) return;
  recording_->mirrored = !is_kept;
  recording_->answer_limit = head.size() + (is_kept ? choice.body() : kMostCompared);
  recording_->add_answer(head);
}

// A candidate that has no traffic is asked the same by control: what is safe, and ends by itself.
bool Exchange::is_mirrored() {
  const bool is_safe = method_ == http::Method::get || method_ == http::Method::head ||
                       method_ == http::Method::options;
  if (!is_safe || request_seen_ > 0 || !request_body_.done() || !offered_upgrade_.empty() ||
      to_http2_ || generation_->is_candidate()) {
    return false;
  }
  return service_->record_choice().is_mirrored(worker_.loop.now()) &&
         worker_.recorder->has_spare_room();
}

std::unique_ptr<Recording> Exchange::begin_recording(RecordCause cause, int status) {
  const std::size_t body = service_->record_choice().body();
  const bool was_cut = kept_cut_ || !request_body_.done();
  auto recording = worker_.recorder->begin(std::exchange(kept_, {}), body);
  if (!recording) return nullptr;
  recording->cause = cause;
  recording->status = status;
  recording->request_cut |= was_cut;
  recording->trace_begins = trace_begins_;
  recording->request_bytes = request_seen_;
  recording->service_index = static_cast<std::uint16_t>(service_->index());
  recording->generation = UnitId{counted_for_};
  if (generation_) recording->release = generation_->label().substr(0, 64);
  recording->route = route_.route.text();
  recording->took = worker_.loop.now() - asked_at_;
  return recording;
}

void Exchange::end_recording(bool complete) {
  worker_.recorder->end(std::move(recording_), complete);
}

// It has no answer, or not all of it, and `status` is what the client was told.
void Exchange::record_failure(RecordCause cause, int status, std::string_view sentence) {
  if (note_failure(cause, status, sentence)) end_recording(false);
}

bool Exchange::note_failure(RecordCause cause, int status, std::string_view sentence) {
  if (!worker_.recorder || is_bytes_ || is_shown_ || !service_->record_choice().failures()) {
    return false;
  }
  if (!recording_) {
    recording_ = begin_recording(cause, status);
    if (!recording_) return false;
    recording_->answer_cut = head_passed_;
  }
  recording_->detail = sentence;
  // That the program said 500 tells more than that it did not say all of it.
  if (recording_->cause == RecordCause::healthy || !head_passed_) recording_->cause = cause;
  recording_->status = status;
  recording_->counted_status = route_.counted ? route_.status : 0;
  return true;
}

// It will not be sent again: what its record may need is enough. `more` belongs to it, too.
void Exchange::keep_little(std::string_view more) {
  if (!worker_.recorder || recording_ || !service_->record_choice().failures()) {
    return forget_kept();
  }
  keeping_ = false;
  kept_.append(more.substr(0, kLittle - std::min(kLittle, kept_.size())));
  kept_cut_ |= !more.empty();
  if (kept_.capacity() <= kLittle) return;
  kept_cut_ |= kept_.size() > kLittle;
  kept_ = kept_.substr(0, kLittle);
}

}  // namespace livefix::proxy
