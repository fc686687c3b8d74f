// What receivers are told: an event of the ledger as the JSON of docs/notifications.md. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "control/release_book.h"
#include "control/release_office.h"
#include "model/notify_spec.h"
#include "model/run_spec.h"
#include "observe/symptom.h"

namespace livefix::control {

struct Notification {
  std::string event;           // "promoted", "test"
  std::string id;              // of the delivery; the same however often it is tried
  std::string body;            // JSON
  std::uint64_t sequence = 0;  // in the ledger; 0: it is not in there
};

// A symptom that is new.
struct SymptomNotice {
  std::string id;
  std::string service;
  std::string text;     // one line for people
  std::string release;  // that it was seen with
};
SymptomNotice notice_of(const observe::Symptom& symptom);

// nullopt: nobody is told of such a record.
std::optional<NotifyEvent> event_of(const Record& record);

// Of a record with an event. `book` has it already, and what it is about.
Notification notification_of(const Recorded& recorded, const ReleaseBook& book, const RunSpec& run);
Notification notification_of(const SymptomNotice& symptom, const RunSpec& run, WallTime at);
// For `livefix notify test`.
Notification test_notification(const RunSpec& run, const std::string& who, WallTime at);

}  // namespace livefix::control
