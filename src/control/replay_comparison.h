// What has become of a recorded request that was sent again: whether it fails now, and what differs
// in its answer, as a person may see it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "control/replay_client.h"
#include "model/traffic_spec.h"
#include "observe/exchange_record.h"
#include "observe/redaction.h"

namespace livefix::control {

enum class ReplayOutcome : std::uint8_t {
  unchanged,        // it went well, and does with the same answer
  differs,          // it does with another one
  fixed,            // it failed, and does no more
  fails_alike,      // it failed, and does
  fails_otherwise,  // it does in another way
  fails_now,        // it went well, and fails
  not_sent,
};

// "fails_alike": for programs. Never changes.
std::string_view name_of(ReplayOutcome outcome);
bool fails(ReplayOutcome outcome);

struct ReplayComparison {
  ReplayOutcome outcome = ReplayOutcome::not_sent;
  std::string text;  // "TypeError gone", "unchanged", "$.total: 12 → 13"
};

// No whole answer, 5xx, or a status that the service counts as a failure.
bool is_failure(const ReplayAnswer& answer, const RecordSpec& spec);

// "500", "closed": what the program did.
std::string text_of(const ReplayAnswer& answer);

// The recorded answer against the one that came now.
ReplayComparison compare_with_record(const observe::ExchangeRecord& record,
                                     const ReplayAnswer& answer,
                                     const observe::Redaction& redaction, const RecordSpec& spec);

// Two answers of the old program and one of the new one to the request of `record`, all of them
// there. Empty: they are alike, but for what the old program's differ in.
std::string difference_between(const observe::ExchangeRecord& record, const ReplayAnswer& old,
                               const ReplayAnswer& old_again, const ReplayAnswer& candidate,
                               const observe::Redaction& redaction);

}  // namespace livefix::control
