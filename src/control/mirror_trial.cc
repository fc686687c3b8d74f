#include "control/mirror_trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "control/replay_choice.h"
#include "control/replay_comparison.h"

namespace livefix::control {

using observe::ExchangeRecord;

struct MirrorTrial::Pair {
  ExchangeRecord exchange;
  ReplayCoding coding{};
  ReplayAnswer live{};   // that the user got
  ReplayAnswer again{};  // of the same generation
};

MirrorTrial::MirrorTrial(boost::asio::io_context& context, const TrafficSpec& traffic,
                         const observe::Redaction& redaction, Places places, Then then)
    : traffic_(traffic),
      redaction_(redaction),
      places_(places),
      then_(std::move(then)),
      timer_(context),
      client_(context, kAtOnce) {
  timer_.expires_after(traffic_.mirror.time);
  timer_.async_wait(
      [this, alive = std::weak_ptr<const bool>(alive_)](const boost::system::error_code& error) {
        if (!error && !alive.expired()) end();
      });
}

void MirrorTrial::take(ExchangeRecord exchange) {
  const bool is_whole = !exchange.unfinished && !exchange.answer.cut && exchange.status != 0 &&
                        !exchange.answer.first_line.empty();
  if (!then_ || !is_whole || under_way_ >= kAtOnce ||
      under_way_ + figures_.requests >= traffic_.mirror.requests ||
      !is_replayed(exchange.method, {}) || !unfit_for_replay(exchange, traffic_.backend).empty()) {
    return;
  }
  ++under_way_;
  const auto pair = std::make_shared<Pair>();
  pair->live = {.end = ReplayEnd::whole, .status = exchange.status, .message = exchange.answer};
  pair->coding = exchange.answer.field("content-encoding").empty() ? ReplayCoding::plain
                                                                   : ReplayCoding::as_recorded;
  pair->exchange = std::move(exchange);
  if (is_failure(pair->live, traffic_.record)) return end_one();
  ask_old_again(pair);
}

void MirrorTrial::send(const Pair& pair, const Address& to, ReplayClient::Then then) {
  client_.send({to}, replay_request(pair.exchange, pair.coding),
               std::min(kPatience, traffic_.mirror.time), std::move(then));
}

void MirrorTrial::ask_old_again(const std::shared_ptr<Pair>& pair) {
  send(*pair, places_.old, [this, pair](ReplayAnswer answer) {
    pair->again = std::move(answer);
    // What the old one cannot answer twice is nothing to measure the new one by.
    if (is_failure(pair->again, traffic_.record)) return end_one();
    ask_candidate(pair, false);
  });
}

// One failure may be by chance: it is asked once more before that is held against it.
void MirrorTrial::ask_candidate(const std::shared_ptr<Pair>& pair, bool is_second) {
  send(*pair, places_.candidate, [this, pair, is_second](const ReplayAnswer& answer) {
    if (!is_second && is_failure(answer, traffic_.record)) return ask_candidate(pair, true);
    judge(*pair, answer);
    end_one();
  });
}

void MirrorTrial::judge(const Pair& pair, const ReplayAnswer& answer) {
  ++figures_.requests;
  const auto change = [&] {
    return fmt::format("{}: {} → {}", route_of(pair.exchange), pair.live.status, text_of(answer));
  };
  const bool is_slow = answer.end == ReplayEnd::timed_out || answer.end == ReplayEnd::endless;
  if (is_failure(answer, traffic_.record) && !is_slow) {
    if (++figures_.broken == 1) figures_.breaking = change();
    return;
  }
  // A program that has just started may be slow; whether it is too slow, traffic shows.
  std::string difference;
  if (is_slow) {
    difference = change();
  } else {
    difference = difference_between(pair.exchange, pair.live, pair.again, answer, redaction_);
    if (!difference.empty()) {
      difference = fmt::format("{}: {}", route_of(pair.exchange), difference);
    }
  }
  if (difference.empty()) {
    ++figures_.alike;
  } else if (++figures_.differ <= rollout::MirrorFigures::kMostDifferences) {
    figures_.differences.push_back(std::move(difference));
  }
}

std::string MirrorTrial::route_of(const ExchangeRecord& exchange) const {
  return route_name(redaction_.show_briefly(exchange).about());
}

void MirrorTrial::end_one() {
  --under_way_;
  // A release that fails gets nothing more.
  if (figures_.broken > 0 || figures_.requests >= traffic_.mirror.requests) end();
}

void MirrorTrial::end() {
  if (!then_) return;
  timer_.cancel();
  const Then then = std::exchange(then_, nullptr);
  then(std::move(figures_));
}

}  // namespace livefix::control
