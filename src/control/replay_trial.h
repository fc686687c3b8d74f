// Sends what was recorded to a candidate, and healthy samples to the old generation too, twice:
// what its own answers differ in is no difference. Owned by the rollout driver, on its thread; it
// ends with its time, or when it is destroyed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "control/replay_client.h"
#include "model/traffic_spec.h"
#include "observe/exchange_record.h"
#include "observe/redaction.h"
#include "rollout/replay_gate.h"

namespace livefix::control {

class ReplayTrial {
 public:
  static constexpr std::size_t kAtOnce = 8;        // records
  static constexpr Milliseconds kPatience{5'000};  // of one request

  struct Places {
    Address old;
    Address candidate;
  };
  struct Records {
    std::vector<observe::ExchangeRecord> failures;
    std::vector<observe::ExchangeRecord> samples;
  };
  using Then = std::function<void(rollout::ReplayFigures)>;

  // `then` is called once, later, within the time of `traffic`, with what was found by then; it may
  // destroy this. `context`, `traffic` and `redaction` must outlive it.
  ReplayTrial(boost::asio::io_context& context, const TrafficSpec& traffic,
              const observe::Redaction& redaction, Places places, Records records, Then then);
  ReplayTrial(const ReplayTrial&) = delete;
  ReplayTrial& operator=(const ReplayTrial&) = delete;

 private:
  // A healthy sample on its way: the old generation's answers, then the candidate's.
  struct Sample;

  void begin_next();
  void ask_failure(std::size_t index);
  void ask_sample(std::size_t index);
  void ask_old_again(const std::shared_ptr<Sample>& sample);
  void ask_candidate(const std::shared_ptr<Sample>& sample, bool is_second);
  void judge(const Sample& sample, const ReplayAnswer& answer);
  void send(const observe::ExchangeRecord& record, const Address& to, ReplayClient::Then then);
  void end_one();
  void end();
  std::string shown_route(const observe::ExchangeRecord& record) const;

  const TrafficSpec& traffic_;
  const observe::Redaction& redaction_;
  const Places places_;
  const Records records_;
  Then then_;
  rollout::ReplayFigures figures_;
  std::size_t failures_begun_ = 0;
  std::size_t samples_begun_ = 0;
  std::size_t under_way_ = 0;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  boost::asio::steady_timer timer_;
  ReplayClient client_;
};

}  // namespace livefix::control
