// Tells a collector of requests that fail and of rollouts (docs/opentelemetry.md). Where nothing
// fails and nothing is rolled out nothing happens here. Owned by RunWorld, on the driver's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <random>
#include <string>

#include "control/announcer.h"
#include "control/otlp_exporter.h"
#include "control/recordings.h"
#include "control/release_office.h"
#include "control/rollout_trace.h"
#include "control/web_client.h"
#include "http/request_id.h"
#include "model/run_spec.h"

namespace livefix::control {

class TraceReporter {
 public:
  // A failure waits so long for its symptom, which is known when the line of its program is.
  static constexpr Milliseconds kPatience{500};
  // What fails beyond that is counted as dropped: a storm of failures is one story.
  static constexpr std::size_t kMostASecond = 100;

  // All must outlive this. `run` has a collector.
  TraceReporter(boost::asio::io_context& context, const RunSpec& run, Recordings& recordings,
                const Announcer& announcer);

  // Failures from now on.
  void begin();
  // The symptom of one of them, by the id of its record.
  void joined(std::uint64_t record, const std::string& symptom);
  // `book` has it already.
  void on_record(const Recorded& recorded, const ReleaseBook& book);
  // Spans that the collector did not get, and will not.
  std::uint64_t dropped() const { return exporter_.dropped(); }

 private:
  struct Waiting {
    observe::ExchangeRecord record;  // without its messages
    std::string symptom;
    TimePoint until;
  };

  void post(const std::string& body, WebClient::Then then);
  void failed(const observe::ExchangeRecord& record);
  void export_later();
  void export_due();

  boost::asio::io_context& context_;
  const RunSpec& run_;
  const OtlpSpec& spec_;
  Recordings& recordings_;
  http::RequestIdSource ids_;
  RolloutTraces rollouts_;
  std::minstd_rand random_;
  WebClient client_;
  OtlpExporter exporter_;
  std::deque<Waiting> waiting_;
  TimePoint second_{};  // in which so many have failed
  std::size_t failed_in_second_ = 0;
  bool is_timed_ = false;
  boost::asio::steady_timer timer_;
};

}  // namespace livefix::control
