// Asks a candidate what the old generation was asked by its users a moment ago, and compares its
// answers with those that they got; what the old one's own answers differ in is no difference. The
// answers are thrown away. Owned by the rollout driver, on its thread; it ends with its time, with
// enough requests, or when it is destroyed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/address.h"
#include "control/replay_client.h"
#include "control/replay_request.h"
#include "model/traffic_spec.h"
#include "observe/exchange_record.h"
#include "observe/redaction.h"
#include "rollout/mirror_gate.h"

namespace livefix::control {

class MirrorTrial {
 public:
  static constexpr std::size_t kAtOnce = 8;        // exchanges; what comes meanwhile is passed over
  static constexpr Milliseconds kPatience{5'000};  // of one request

  struct Places {
    Address old;
    Address candidate;
  };
  using Then = std::function<void(rollout::MirrorFigures)>;

  // `then` is called once, later, within the time of `traffic`, with what was found by then; it may
  // destroy this. `context`, `traffic` and `redaction` must outlive it.
  MirrorTrial(boost::asio::io_context& context, const TrafficSpec& traffic,
              const observe::Redaction& redaction, Places places, Then then);
  MirrorTrial(const MirrorTrial&) = delete;
  MirrorTrial& operator=(const MirrorTrial&) = delete;

  // What a user has asked, with the answer. Passed over where it cannot be sent again, or its
  // answer was too long to be there.
  void take(observe::ExchangeRecord exchange);

 private:
  struct Pair;

  void ask_old_again(const std::shared_ptr<Pair>& pair);
  void ask_candidate(const std::shared_ptr<Pair>& pair, bool is_second);
  void judge(const Pair& pair, const ReplayAnswer& answer);
  void send(const Pair& pair, const Address& to, ReplayClient::Then then);
  void end_one();
  void end();
  std::string route_of(const observe::ExchangeRecord& exchange) const;

  const TrafficSpec& traffic_;
  const observe::Redaction& redaction_;
  const Places places_;
  Then then_;
  rollout::MirrorFigures figures_;
  std::size_t under_way_ = 0;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  boost::asio::steady_timer timer_;
  ReplayClient client_;
};

}  // namespace livefix::control
