// The durable record of changes, rollouts, verdicts, commands and who gave them: append-only events
// in one file of SQLite, each bound to all before it by a hash. History and what is promoted are
// folds over them, made by control. The format, and how others verify it: docs/ledger.md.
//
// Owner: control, one for each ledger. Thread: one, that of its owner; a decision waits for the
// disk there. What it promises, whatever dies meanwhile: an event whose append() returned as a
// decision is there ever after; one whose append() failed is not, unless the process ends in that
// very moment, before the ledger could take it back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/event.h"
#include "ledger/event_table.h"
#include "ledger/writer_lock.h"

namespace livefix::ledger {

enum class Durability : std::uint8_t {
  decision,  // on the disk on return
  note,      // survives the death of livefix; that of the machine once a decision follows
};

struct Verified {
  std::uint64_t events = 0;
  Hash last_hash{};

  friend bool operator==(const Verified&, const Verified&) = default;
};

class Ledger {
 public:
  // Opens the ledger, or makes one (mode 0600) in a directory that is there. Takes up where a
  // process that was killed left off. Fails when another process has it open, when it is of a newer
  // format or no ledger, or when its last event was changed.
  static Result<Ledger> open(const std::string& path);

  // Returns the sequence. An error leaves the ledger as it was before, and as usable as its disk:
  // the next append tries anew.
  Result<std::uint64_t> append(Entry entry, Durability durability);

  // Every event from sequence `from` on, up to the last at the time of the call; `each` may append.
  // Ends with the first error of `each`, or at an event that was changed since it was written.
  Status for_each(std::uint64_t from, const std::function<Status(const Event&)>& each);
  // The newest one of that kind, nullopt when there is none; by an index.
  Result<std::optional<Event>> last_of_kind(std::string_view kind);

  // Reads everything and computes every hash anew. The error names the first event that does not
  // fit. With `expected`, a head() of before, also an end that was cut off is seen.
  Result<Verified> verify(std::optional<Head> expected = {}) const;
  // Of a ledger that somebody else writes, or of a copy. Changes no event; needs a directory that
  // may be written when there is a write-ahead log.
  static Result<Verified> verify_file(const std::string& path, std::optional<Head> expected = {});

  const Head& head() const { return head_; }

 private:
  Ledger(std::string path, WriterLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  Status connect();
  Status settle();
  Status withdraw();
  void disconnect();
  Status store(const Event& event, Durability durability);
  void shorten_log();

  const std::string path_;
  WriterLock lock_;
  // None after a failure, until connect().
  std::optional<EventTable> table_;
  Head head_;  // of what was acknowledged; nothing beyond is shown to anybody
  // Of an append that failed in a way that may have left the event in the file.
  std::optional<Head> in_doubt_;
  // False: what the file holds may not be on the disk.
  bool settled_ = false;
};

}  // namespace livefix::ledger
