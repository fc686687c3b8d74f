#include "ledger/ledger.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "ledger/chain.h"
#include "ledger/event_hash.h"
#include "os/fd.h"

namespace livefix::ledger {
namespace {

namespace fs = std::filesystem;

using Access = EventTable::Access;

// From here on the log is copied into the database. SQLite itself lets it have 1000 pages; with 1
// MiB there is less to write once more after a crash, and a copy is not dear yet.
constexpr int kLongLog = 256;

// One name for one file, so that one lock serves it. Absolute, since SQLite takes "file:" for a
// URI.
Result<std::string> resolve(const std::string& path) {
  std::error_code error;
  const fs::path directory = fs::canonical(fs::absolute(path, error).parent_path(), error);
  if (error || !fs::is_directory(directory, error)) {
    return fail("{}: its directory is not there; make it", path);
  }
  const fs::path file = directory / fs::path(path).filename();
  const fs::path target = fs::weakly_canonical(file, error);
  if (error) return fail("{}: {}; name a file in a directory", path, error.message());
  const auto type = fs::status(target, error).type();
  if (type != fs::file_type::not_found && type != fs::file_type::regular) {
    return fail("{}: it is no regular file; name a file in a directory", path);
  }
  return target.string();
}

Status sync_directory_of(const std::string& path) {
  const std::string directory = fs::path(path).parent_path();
  const os::Fd handle(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle || fsync(handle.get()) < 0) return fail_errno("cannot sync {}", directory);
  return {};
}

// SQLite would make it readable for others, and the log after it.
Status create_file(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!error && size > 0) return {};
  // The log of a ledger that is gone may be all that is left of it; SQLite would delete it.
  const auto left = fs::file_size(path + "-wal", error);
  if (!error && left > 0) {
    return fail(
        "{}: it is missing or empty, but {}-wal has events of it; put back the copy that "
        "belongs to it, or move both away",
        path, path);
  }
  // Only where there is none: to close a descriptor of a database ends the locks that this process
  // has on it.
  const os::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file && errno != EEXIST) return fail_errno("cannot make the ledger {}", path);
  return sync_directory_of(path);
}

std::unexpected<Error> about(const std::string& path, const Error& error) {
  return std::unexpected(Error{fmt::format("{}: {}", path, error.message), error.os_error});
}

// Where nothing goes on without what is there: as about(), and what to do.
std::unexpected<Error> not_as_written(const std::string& path, const Error& error) {
  return std::unexpected(Error{
      fmt::format(
          "{0}: {1}; keep a copy of it and of {0}-wal, then put back a good one, or move both "
          "away to begin anew, without what is on record",
          path, error.message),
      error.os_error});
}

// SQLite's errors name the file, those of a chain do not.
Result<Verified> verify_table(EventTable& table, const std::string& path, std::uint64_t until,
                              std::optional<Head> expected) {
  Chain chain({}, expected);
  std::optional<Error> misfit;
  // One transaction, so that pages and events are of the same moment.
  if (const auto begun = table.connection().execute("BEGIN"); !begun) {
    return std::unexpected(begun.error());
  }
  auto checked = table.scan(until, [&](const Event& event) {
    auto added = chain.add(event);
    if (!added) misfit = added.error();
    return added;
  });
  if (checked) {
    checked = chain.end();
    if (!checked) misfit = checked.error();
  }
  if (checked) checked = table.check_pages();
  const auto ended = table.connection().execute("COMMIT");
  if (misfit) return about(path, *misfit);
  if (!checked) return std::unexpected(checked.error());
  if (!ended) return std::unexpected(ended.error());
  return Verified{chain.head().sequence, chain.head().hash};
}

}  // namespace

// --- opening -------------------------------------------------------------------------------------

Result<Ledger> Ledger::open(const std::string& path) {
  auto resolved = resolve(path);
  if (!resolved) return std::unexpected(resolved.error());
  auto lock = WriterLock::take(*resolved);
  if (!lock) return std::unexpected(lock.error());
  if (const auto created = create_file(*resolved); !created) {
    return std::unexpected(created.error());
  }
  Ledger ledger(std::move(*resolved), std::move(*lock));
  auto table = EventTable::open(ledger.path_, Access::read_write);
  if (!table) return std::unexpected(table.error());
  const auto last = table->last();
  if (!last) return std::unexpected(last.error());
  if (*last) {
    if (const auto same = check_hash(**last); !same) {
      return not_as_written(ledger.path_, same.error());
    }
  }
  ledger.table_ = std::move(*table);
  ledger.head_ = head_of(*last);
  // What a killed process wrote is read from memory now; it has to outlive the machine, too.
  if (const auto settled = ledger.settle(); !settled) return std::unexpected(settled.error());
  return ledger;
}

Result<Verified> Ledger::verify_file(const std::string& path, std::optional<Head> expected) {
  std::error_code error;
  const fs::path file = fs::canonical(path, error);
  if (error || !fs::is_regular_file(file, error)) {
    return fail("{}: there is no such file; name the ledger.db of a livefix", path);
  }
  auto table = EventTable::open(file.string(), Access::read_only);
  if (!table) return std::unexpected(table.error());
  return verify_table(*table, path, std::numeric_limits<std::uint64_t>::max(), expected);
}

// --- after a failure -----------------------------------------------------------------------------

// What SQLite holds of the file in memory is not to be trusted after it could not write or sync;
// the log has to stay, since copying it would make a loss in it a loss in the database.
void Ledger::disconnect() {
  if (table_) table_->connection().keep_log();
  table_.reset();
  settled_ = false;
}

// Enough to read: what is beyond the head is not shown.
Status Ledger::connect() {
  if (table_) return {};
  auto table = EventTable::open(path_, Access::read_write);
  if (!table) return std::unexpected(table.error());
  const auto last = table->last();
  if (!last) return std::unexpected(last.error());
  const Head found = head_of(*last);
  if (found != head_ && found != in_doubt_) {
    return fail(
        "{}: its last event is {} ({}), but livefix wrote {} ({}): somebody else changed it; "
        "keep a copy of it and of its -wal, and start livefix again",
        path_, found.sequence, to_hex(found.hash), head_.sequence, to_hex(head_.hash));
  }
  table_ = std::move(*table);
  return {};
}

// Enough to write: all that was acknowledged is on the disk, and nothing else is.
Status Ledger::settle() {
  auto done = connect();
  if (!done || settled_) return done;
  done = table_->connection().secure_log();
  if (done && in_doubt_) done = withdraw();
  if (!done) {
    disconnect();
    return done;
  }
  in_doubt_.reset();
  settled_ = true;
  return {};
}

Status Ledger::withdraw() {
  const auto last = table_->last();
  if (!last) return std::unexpected(last.error());
  return head_of(*last) == in_doubt_ ? table_->remove(in_doubt_->sequence) : Status{};
}

// --- writing -------------------------------------------------------------------------------------

Result<std::uint64_t> Ledger::append(Entry entry, Durability durability) {
  if (const auto fit = check(entry); !fit) return std::unexpected(fit.error());
  if (const auto settled = settle(); !settled) return std::unexpected(settled.error());
  Event event{head_.sequence + 1, std::move(entry), head_.hash, {}};
  const auto hash = hash_of(event);
  if (!hash) return std::unexpected(hash.error());
  event.hash = *hash;
  if (const auto stored = store(event, durability); !stored) {
    return std::unexpected(stored.error());
  }
  head_ = {event.sequence, event.hash};
  shorten_log();
  return event.sequence;
}

Status Ledger::store(const Event& event, Durability durability) {
  if (table_->connection().has_moved()) {
    return fail(
        "{}: it was removed or replaced while livefix wrote to it; put it back, or start "
        "livefix again",
        path_);
  }
  auto stored = table_->insert(event, durability == Durability::decision);
  // A full disk refuses a page before the transaction is whole, and no sync was tried.
  if (stored || stored.error().os_error == ENOSPC) return stored;
  in_doubt_ = Head{event.sequence, event.hash};
  disconnect();
  // Now if the disk lets us, so that a crash finds nothing to wonder about; else before the next
  // one.
  if (!settle()) disconnect();
  return stored;
}

void Ledger::shorten_log() {
  if (table_->connection().log_pages() < kLongLog) return;
  const auto shortened = table_->connection().checkpoint();
  // The event is safe in the log, whatever comes of this. On a full disk the log just gets longer.
  if (!shortened && shortened.error().os_error != ENOSPC) disconnect();
}

// --- reading -------------------------------------------------------------------------------------

Status Ledger::for_each(std::uint64_t from, const std::function<Status(const Event&)>& each) {
  const std::uint64_t until = head_.sequence;
  std::optional<Chain> chain;
  // One statement for each: no transaction stays open that would keep the log from being shortened.
  for (std::uint64_t sequence = std::max<std::uint64_t>(from, 1); sequence <= until; ++sequence) {
    if (const auto connected = connect(); !connected) return connected;
    const auto event = table_->at(sequence);
    if (!event) return std::unexpected(event.error());
    if (!*event) {
      return not_as_written(path_, {fmt::format("event {} is missing", sequence), 0});
    }
    if (!chain) chain.emplace(Head{sequence - 1, (*event)->previous});
    if (const auto fits = chain->add(**event); !fits) return not_as_written(path_, fits.error());
    if (const auto taken = each(**event); !taken) return taken;
  }
  return {};
}

Result<std::optional<Event>> Ledger::last_of_kind(std::string_view kind) {
  if (const auto connected = connect(); !connected) return std::unexpected(connected.error());
  auto event = table_->last_of_kind(kind, head_.sequence);
  if (!event || !*event) return event;
  if (const auto same = check_hash(**event); !same) return not_as_written(path_, same.error());
  return event;
}

// By a connection of its own: what is asked is what the file has, and not what this one remembers.
Result<Verified> Ledger::verify(std::optional<Head> expected) const {
  auto table = EventTable::open(path_, Access::read_only);
  if (!table) return std::unexpected(table.error());
  // What was acknowledged here has to be there, whatever else the caller knows.
  const auto verified = verify_table(*table, path_, head_.sequence, head_);
  if (!verified || !expected || *expected == head_) return verified;
  return verify_table(*table, path_, head_.sequence, expected);
}

}  // namespace livefix::ledger
