#include "control/replay_trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "control/replay_choice.h"
#include "control/replay_comparison.h"
#include "control/replay_request.h"

namespace livefix::control {

using observe::ExchangeRecord;

struct ReplayTrial::Sample {
  const ExchangeRecord& record;  // of records_
  ReplayAnswer old{};
  ReplayAnswer again{};
};

ReplayTrial::ReplayTrial(boost::asio::io_context& context, const TrafficSpec& traffic,
                         const observe::Redaction& redaction, Places places, Records records,
                         Then then)
    : traffic_(traffic),
      redaction_(redaction),
      places_(places),
      records_(std::move(records)),
      then_(std::move(then)),
      timer_(context),
      client_(context, kAtOnce) {
  const bool has_any = !records_.failures.empty() || !records_.samples.empty();
  timer_.expires_after(has_any ? traffic.replay.time : Milliseconds{0});
  timer_.async_wait(
      [this, alive = std::weak_ptr<const bool>(alive_)](const boost::system::error_code& error) {
        if (!error && !alive.expired()) end();
      });
  begin_next();
}

// Of both kinds in turn, so that little time is not all spent on one.
void ReplayTrial::begin_next() {
  while (then_ && under_way_ < kAtOnce) {
    const bool has_failure = failures_begun_ < records_.failures.size();
    const bool has_sample = samples_begun_ < records_.samples.size();
    if (!has_failure && !has_sample) return;
    ++under_way_;
    if (has_failure && (!has_sample || failures_begun_ <= samples_begun_)) {
      ask_failure(failures_begun_++);
    } else {
      ask_sample(samples_begun_++);
    }
  }
}

void ReplayTrial::send(const ExchangeRecord& record, const Address& to, ReplayClient::Then then) {
  client_.send({to}, replay_request(record, ReplayCoding::plain),
               std::min(kPatience, traffic_.replay.time), std::move(then));
}

void ReplayTrial::ask_failure(std::size_t index) {
  const ExchangeRecord& record = records_.failures[index];
  send(record, places_.candidate, [this, &record](const ReplayAnswer& answer) {
    ++figures_.failures;
    if (!is_failure(answer, traffic_.record)) {
      figures_.count_answer(answer.status);
    } else if (++figures_.still_fail == 1) {
      figures_.failing = fmt::format("{}: {}", shown_route(record), text_of(answer));
    }
    end_one();
  });
}

void ReplayTrial::ask_sample(std::size_t index) {
  const auto sample = std::make_shared<Sample>(Sample{records_.samples[index]});
  send(sample->record, places_.old, [this, sample](ReplayAnswer answer) {
    sample->old = std::move(answer);
    if (is_failure(sample->old, traffic_.record)) return end_one();
    ask_old_again(sample);
  });
}

void ReplayTrial::ask_old_again(const std::shared_ptr<Sample>& sample) {
  send(sample->record, places_.old, [this, sample](ReplayAnswer answer) {
    sample->again = std::move(answer);
    // What the old one cannot answer is nothing to measure the new one by.
    if (is_failure(sample->again, traffic_.record)) return end_one();
    ask_candidate(sample, false);
  });
}

// One failure may be by chance: it is asked once more before that is held against it.
void ReplayTrial::ask_candidate(const std::shared_ptr<Sample>& sample, bool is_second) {
  send(sample->record, places_.candidate, [this, sample, is_second](const ReplayAnswer& answer) {
    if (!is_second && is_failure(answer, traffic_.record)) return ask_candidate(sample, true);
    judge(*sample, answer);
    end_one();
  });
}

void ReplayTrial::judge(const Sample& sample, const ReplayAnswer& answer) {
  ++figures_.healthy;
  const auto change = [&] {
    return fmt::format("{}: {} → {}", shown_route(sample.record), sample.old.status,
                       text_of(answer));
  };
  const bool is_slow = answer.end == ReplayEnd::timed_out || answer.end == ReplayEnd::endless;
  if (is_failure(answer, traffic_.record) && !is_slow) {
    if (++figures_.broken == 1) figures_.breaking = change();
    return;
  }
  // A program that has just started may be slow; whether it is too slow, traffic shows.
  const std::string difference =
      is_slow ? change()
              : difference_between(sample.record, sample.old, sample.again, answer, redaction_);
  if (difference.empty()) {
    ++figures_.unchanged;
    return;
  }
  if (++figures_.differ <= rollout::ReplayFigures::kMostDifferences) {
    figures_.differences.push_back(
        is_slow ? difference : fmt::format("{}: {}", shown_route(sample.record), difference));
  }
}

std::string ReplayTrial::shown_route(const ExchangeRecord& record) const {
  return route_name(redaction_.show_briefly(record).about());
}

void ReplayTrial::end_one() {
  --under_way_;
  begin_next();
  if (under_way_ == 0) end();
}

void ReplayTrial::end() {
  if (!then_) return;
  timer_.cancel();
  figures_.unasked =
      static_cast<std::uint32_t>(under_way_ + records_.failures.size() - failures_begun_ +
                                 records_.samples.size() - samples_begun_);
  const Then then = std::exchange(then_, nullptr);
  then(std::move(figures_));
}

}  // namespace livefix::control
