// What one worker records of exchanges: each in memory of its own until it ends, then it goes into
// the worker's ring, which control reads. Bounded: what is too much is counted, and nobody waits.
// The worker's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "model/record_frame.h"
#include "model/record_ring.h"

namespace livefix::proxy {

// An exchange that will be recorded. Only such ones have this.
struct Recording {
  RecordCause cause = RecordCause::healthy;
  int status = 0;
  int counted_status = 0;  // 0: the same
  std::uint16_t service_index = 0;
  UnitId generation{};
  std::string release;
  std::string route;
  std::string detail;
  std::string request;  // head and body, as far as they are kept
  bool request_cut = false;
  bool trace_begins = false;
  std::uint64_t request_bytes = 0;
  std::string answer;            // the same
  std::size_t answer_limit = 0;  // so much of it, head included
  std::uint64_t answer_bytes = 0;
  bool answer_cut = false;
  bool mirrored = false;
  Clock::duration took{};

  void add_answer(std::string_view bytes);
};

class ExchangeRecorder {
 public:
  // At once, of one worker: a storm of failures whose answers do not end is no reason to keep them.
  static constexpr std::size_t kMostOpen = 64;

  ExchangeRecorder(RecordRing& ring, int wake) : writer_(ring, wake) {}

  // Null when there is no room: it is counted. `request` is a head and the body behind it, of
  // which `body` bytes are kept.
  // Whether there is room beside that for what may come of failures.
  bool has_spare_room() const {
    return open_ < kMostOpen / 2 && writer_.has_room(RecordRing::kMostOfOne);
  }
  std::unique_ptr<Recording> begin(std::string request, std::size_t body);
  void end(std::unique_ptr<Recording> recording, bool complete);

 private:
  RecordRingWriter writer_;
  std::size_t open_ = 0;
};

}  // namespace livefix::proxy
