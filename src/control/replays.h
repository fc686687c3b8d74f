// Sends recorded requests again, for whoever asks the control API (docs/replay.md). Credentials
// that were recorded are used and never shown: requests leave from here, and what is told of their
// answers is redacted. Owned by RunWorld, on the driver's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "control/control_api.h"
#include "control/recordings.h"
#include "control/replay_client.h"
#include "control/replay_place.h"
#include "model/run_spec.h"

namespace livefix::control {

class Replays {
 public:
  static constexpr std::size_t kMostRequests = 500;  // of one replay
  static constexpr std::size_t kMostReplays = 4;     // at once
  static constexpr std::size_t kAtOnce = 4;          // requests of one
  static constexpr Milliseconds kPatience{10'000};   // of one request

  struct World {
    // Where that generation of a service takes connections; empty: there is none.
    std::function<std::vector<Address>(std::size_t service_index, ReplayGeneration)> places;
    // Ids of recorded requests that failed so; none: nothing is known of it.
    std::function<std::vector<std::uint64_t>(std::string_view symptom)> samples_of;
    // Whoever has requests sent again is on record.
    std::function<void(const std::string& what, const std::string& who)> note;
  };

  // All must outlive this, and this the API.
  Replays(boost::asio::io_context& context, const RunSpec& run, Recordings& recordings,
          World world);
  ~Replays();
  Replays(const Replays&) = delete;
  Replays& operator=(const Replays&) = delete;

  std::vector<ControlApi::Route> routes();

 private:
  struct Question;
  struct Session;

  void replay(const ApiRequest& request, const ApiReply& reply);
  // Which requests are meant, each once. The error is for whoever asked.
  Result<std::vector<std::uint64_t>> ids_of(const ApiRequest& request) const;
  // Why none of it can be sent there; empty: nothing is known against it.
  std::string why_not(const Question& question) const;
  void resolve(std::uint64_t number, const ReplayUrl& url);
  void begin(std::uint64_t number);
  void refuse(std::uint64_t number, unsigned status, const std::string& why);
  void send_next(std::uint64_t number);
  void answered(Session& session, std::size_t index, const observe::ExchangeRecord& record,
                const ReplayAnswer& answer);
  void settle(Session& session, std::size_t index, std::string line);
  void end_if_over(std::uint64_t number);

  boost::asio::io_context& context_;
  const RunSpec& run_;
  Recordings& recordings_;
  const World world_;
  std::map<std::uint64_t, std::unique_ptr<Session>> sessions_;
  std::uint64_t last_session_ = 0;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace livefix::control
