#include "proxy/farewell.h"

#include <algorithm>

#include "proxy/exchange.h"

namespace livefix::proxy {
namespace {

constexpr Milliseconds kLongest{2'000};
constexpr int kShareOfDrain = 10;    // the last tenth
constexpr int kShareForAnswers = 4;  // a quarter of that is for who was told last
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
  const auto span = std::min<Clock::duration>(left / kShareOfDrain, kLongest);
  list_ = &list;
  last_ = now + left - span / kShareForAnswers;
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
