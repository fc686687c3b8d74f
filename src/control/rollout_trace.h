// Traces of rollouts, made of what the ledger is told: a span for the whole, one for each of its
// phases, an event for each line. Owned by TraceReporter, on the driver's thread; no clock, no I/O.
//
// Only of a rollout that was seen from its beginning. One that ended with its livefix has none.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "control/otlp_span.h"
#include "control/release_book.h"
#include "control/release_office.h"
#include "http/request_id.h"
#include "model/run_spec.h"

namespace livefix::control {

class RolloutTraces {
 public:
  static constexpr std::size_t kMostEvents = 200;  // of each

  // Both must outlive this.
  RolloutTraces(const RunSpec& run, http::RequestIdSource& ids) : run_(run), ids_(ids) {}

  // Spans of the rollout, or rollback, that ended with this record, the whole one first; none: it
  // goes on, or the record is about something else. `book` has it already.
  std::vector<TraceSpan> on_record(const Recorded& recorded, const ReleaseBook& book);

 private:
  struct Phase {
    std::string name;
    WallTime began;
  };
  struct Open {
    WallTime began;
    std::vector<Phase> phases;
    std::vector<SpanEvent> events;
  };

  void note(std::uint32_t rollout, WallTime at, const std::string& line);
  std::vector<TraceSpan> end(std::uint32_t rollout, WallTime at, const ReleaseBook& book);

  const RunSpec& run_;
  http::RequestIdSource& ids_;
  std::map<std::uint32_t, Open> open_;  // one at a time, hardly ever two
};

}  // namespace livefix::control
