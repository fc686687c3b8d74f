// What fails now, grouped and counted (docs/symptoms.md): joins what was recorded, what was counted
// and what programs wrote, and tells whoever asks the control API. Owned by RunWorld, on the
// driver's thread.
//
// A control that is killed takes the book along; the next one makes it anew of the failures that
// the keeper has kept, and counts from then on.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/control_api.h"
#include "control/program_log.h"
#include "control/recordings.h"
#include "control/route_traffic.h"
#include "control/service_facts.h"
#include "control/symptom_feed.h"
#include "control/symptom_verdicts.h"
#include "control/traffic.h"
#include "model/run_spec.h"

namespace livefix::control {

class Symptoms {
 public:
  static constexpr std::chrono::seconds kBetweenReadings{1};
  static constexpr std::chrono::seconds kWhenIdle{5};  // no request has ended since the last one
  // One that was asked for comes no sooner, so that what was counted has been recorded by the next.
  static constexpr Milliseconds kLeastBetweenReadings{500};

  // All must outlive this. `generations`, without their processes, are asked for at each reading.
  struct Sources {
    const RunSpec& run;
    const Traffic& traffic;
    Recordings& recordings;
    const ProgramLog& log;
    std::function<std::vector<ServiceFacts>()> generations;
  };
  Symptoms(boost::asio::io_context& context, Sources sources);
  ~Symptoms();
  Symptoms(const Symptoms&) = delete;
  Symptoms& operator=(const Symptoms&) = delete;

  // When services are as the keeper has them.
  void begin();
  // This must outlive the API.
  std::vector<ControlApi::Route> routes();

  // Ids of recorded exchanges of a symptom, oldest first, for Recordings; none: there is no such
  // symptom, or none of it was kept.
  std::vector<std::uint64_t> samples_of(std::string_view id) const;
  // See SymptomFeed.
  void on_new(std::function<void(const observe::Symptom&)> callback) {
    feed_.on_new(std::move(callback));
  }
  void on_joined(SymptomFeed::OnJoined callback) { feed_.on_joined(std::move(callback)); }
  // What GET /v1/symptoms answers.
  std::string open_json() const;
  // By service, those that were seen in the last hour.
  std::map<std::string, std::uint64_t> open() const;
  // All of these services, judged together, with what is known at this moment.
  std::vector<JudgedSymptom> judge(std::span<const ReleaseChange> changes);
  void mark_gone(std::string_view id) { feed_.mark_gone(id); }

 private:
  std::optional<std::string> find_line(const FailedRequest& failure);
  void join_later();
  void read_later();
  // Whether a request has ended since the last one.
  bool read();
  void catch_up();
  void list(const ApiRequest& request, const ApiReply& reply);
  // nullopt: of all services.
  std::string list_json(std::optional<std::size_t> service_index, bool all) const;
  void tell(std::string_view id, const ApiReply& reply);

  const Sources sources_;
  RouteTraffic counts_;
  SymptomFeed feed_;
  boost::asio::steady_timer join_timer_;
  boost::asio::steady_timer read_timer_;
  bool joins_ = false;  // the timer runs
  TimePoint last_reading_{};
};

}  // namespace livefix::control
