#include "proxy/farewell.h"

#include <algorithm>

#include "proxy/exchange.h"

namespace livefix::proxy {
namespace {

constexpr int kShareOfDrain = 10;  // the last tenth, within these
constexpr Milliseconds kShortest{1'000};
constexpr Milliseconds kLongest{2'000};
constexpr Milliseconds kTick{20};

}  // namespace

void Farewell::add(Exchange& exchange) {
  waiting_.push_back(exchange);
}

void Farewell::plan(DeadlineList& list, TimePoint now, std::optional<TimePoint> ends,
                    http::CloseCode code) {
  if (ends == ends_ && code == code_) return;
  ends_ = ends;
  code_ = code;
  Deadline::unlink();
  if (!ends) return;
  const auto left = *ends > now ? *ends - now : Clock::duration::zero();
  const auto span = std::clamp<Clock::duration>(
      left / kShareOfDrain, std::min<Clock::duration>(kShortest, left / 2), kLongest);
  list_ = &list;
  last_ = now + left - span / 2;  // the other half is for who was told last, to answer
  list.add(*this, now + left - span);
}

// Goes on after the last one as well: what was a request until now may become a WebSocket.
void Farewell::on_deadline() noexcept {
  const TimePoint now = due();
  const auto ticks_left = std::max<Clock::rep>((last_ - now) / kTick + 1, 1);
  Clock::rep waiting = 0;
  for (Exchange* one = waiting_.front(); one; one = waiting_.after(*one)) ++waiting;
  for (auto count = (waiting + ticks_left - 1) / ticks_left; count > 0; --count) {
    Exchange* const one = waiting_.front();
    if (!one) break;
    one->ListHook<FarewellTag>::unlink();
    one->say_goodbye(code_);
  }
  list_->add(*this, now + kTick);
}

}  // namespace livefix::proxy
