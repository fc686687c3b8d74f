// The events in their database: the format of the file, and the statements that read and write it.
// Knows nothing of chains. Owned by Ledger, or by a verification; thread: that of its owner.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/event.h"
#include "ledger/sqlite_connection.h"

namespace livefix::ledger {

class EventTable {
 public:
  using Access = Connection::Access;

  // Opens the ledger at an absolute path. An empty file becomes one where it may be written. Fails
  // when it is none, or of a newer format.
  static Result<EventTable> open(const std::string& path, Access access);

  // Adds an event in a transaction of its own, which is on the disk on return when `durable`; else
  // it gets there with the next one that is. An error with ENOSPC: it was rolled back. With
  // another: it may be there nevertheless, and what was written before may not be on the disk.
  Status insert(const Event& event, bool durable);
  // Durable; errors as above.
  Status remove(std::uint64_t sequence);

  Result<std::optional<Event>> at(std::uint64_t sequence);
  Result<std::optional<Event>> last();
  Result<std::optional<Event>> last_of_kind(std::string_view kind, std::uint64_t until);
  // All up to `until` in their order, as they are at one moment. An error of `each` ends it.
  Status scan(std::uint64_t until, const std::function<Status(const Event&)>& each);
  // What SQLite itself finds: pages, and whether the index fits the events.
  Status check_pages();

  Connection& connection() { return connection_; }

 private:
  EventTable(Connection connection, Statement insert, Statement at, Statement of_kind)
      : connection_(std::move(connection)),
        insert_(std::move(insert)),
        at_(std::move(at)),
        of_kind_(std::move(of_kind)) {}
  Status set_durable(bool durable);

  Connection connection_;  // before its statements
  Statement insert_;
  Statement at_;
  Statement of_kind_;
  std::optional<bool> durable_;
};

}  // namespace livefix::ledger
