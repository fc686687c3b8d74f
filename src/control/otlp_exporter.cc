#include "control/otlp_exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/duration_text.h"

namespace livefix::control {
namespace {

// OTLP/HTTP, "Retryable Response Codes". No answer at all may be one the next time.
bool may_be_taken_later(unsigned status) {
  return status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

OtlpExporter::OtlpExporter(boost::asio::io_context& context, std::vector<SpanAttribute> resource,
                           Seams seams)
    : resource_(std::move(resource)), seams_(std::move(seams)), timer_(context) {}

void OtlpExporter::add(TraceSpan span) {
  if (waiting_.size() >= kMostWaiting) {
    ++dropped_;
    return;
  }
  waiting_.push_back(std::move(span));
  if (!batch_.empty()) return;
  if (!is_waiting_) send_later(seams_.pause);
  if (waiting_.size() == kMostInBatch) send_later(Milliseconds{0});
}

void OtlpExporter::send_later(Milliseconds pause) {
  is_waiting_ = true;
  timer_.expires_after(pause);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
    if (!error && !alive.expired()) send_batch();
  });
}

void OtlpExporter::send_batch() {
  is_waiting_ = false;
  const auto count = std::min(waiting_.size(), kMostInBatch);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  const std::vector<TraceSpan> spans(std::make_move_iterator(waiting_.begin()),
                                     std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  batch_ = otlp_traces(resource_, spans);
  batch_size_ = count;
  tries_ = 0;
  try_batch();
}

void OtlpExporter::try_batch() {
  ++tries_;
  seams_.post(batch_, [this, alive = std::weak_ptr(alive_)](const WebAnswer& answer) {
    if (!alive.expired()) ended(answer);
  });
}

void OtlpExporter::ended(const WebAnswer& answer) {
  if (answer.status >= 200 && answer.status < 300) return taken(answer);
  const auto pause = may_be_taken_later(answer.status)
                         ? seams_.schedule.pause_after(tries_, pause_asked_for(answer.retry_after),
                                                       seams_.chance())
                         : std::nullopt;
  if (!pause) {
    warn_once(answer.shown());
    dropped_ += batch_size_;
    return batch_is_over();
  }
  warn_once(fmt::format("{}; it is tried again in {}", answer.shown(), duration_text(*pause)));
  timer_.expires_after(*pause);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
    if (!error && !alive.expired()) try_batch();
  });
}

void OtlpExporter::warn_once(const std::string& what) {
  if (std::exchange(is_in_trouble_, true)) return;
  dropped_before_trouble_ = dropped_;
  seams_.warn(fmt::format("traces were not taken: {}", what));
}

void OtlpExporter::taken(const WebAnswer& answer) {
  if (std::exchange(is_in_trouble_, false)) {
    seams_.warn(fmt::format("traces are taken again; {} were dropped meanwhile",
                            dropped_ - dropped_before_trouble_));
  }
  const PartialSuccess partial = partial_success(answer.body);
  if (partial.rejected > 0) {
    dropped_ += static_cast<std::uint64_t>(partial.rejected);
    if (!std::exchange(is_rejected_in_part_, true)) {
      seams_.warn(fmt::format("{} of {} spans were refused: {}", partial.rejected, batch_size_,
                              ascii_only(partial.message)));
    }
  }
  batch_is_over();
}

void OtlpExporter::batch_is_over() {
  batch_.clear();
  if (waiting_.empty()) return;
  send_later(waiting_.size() >= kMostInBatch ? Milliseconds{0} : seams_.pause);
}

}  // namespace livefix::control
