#include "ledger/event_table.h"

#include <algorithm>
#include <limits>
#include <span>

namespace livefix::ledger {
namespace {

constexpr std::int64_t kApplication = 0x4C46584C;  // "LFXL"
constexpr std::int64_t kFormat = 1;

// Compared with what a file has, so a change of one letter is a new format.
constexpr std::string_view kTable =
    "CREATE TABLE event (sequence INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, kind TEXT NOT "
    "NULL, "
    "actor TEXT NOT NULL, body TEXT NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL) STRICT";
constexpr std::string_view kIndex = "CREATE INDEX event_by_kind ON event (kind, sequence)";

constexpr std::string_view kColumns = "sequence, time_ms, kind, actor, body, previous, hash";

// Of another length it is no hash, and must not pass for that of zeros.
Hash to_hash(std::span<const std::uint8_t> bytes) {
  Hash hash;
  hash.fill(0xFF);
  if (bytes.size() == hash.size()) std::ranges::copy(bytes, hash.begin());
  return hash;
}

Event to_event(const Statement& row) {
  return {static_cast<std::uint64_t>(row.integer(0)),
          {WallTime(Milliseconds(row.integer(1))), std::string(row.text(2)),
           std::string(row.text(3)), std::string(row.text(4))},
          to_hash(row.blob(5)),
          to_hash(row.blob(6))};
}

Result<std::optional<Event>> first_of(Statement& statement) {
  const auto row = statement.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  Event event = to_event(statement);
  statement.reset();
  return event;
}

// Sequences are below 2^63, as SQLite's integers are.
std::int64_t to_integer(std::uint64_t sequence) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(sequence, std::numeric_limits<std::int64_t>::max()));
}

Result<std::string> schema_of(Connection& connection) {
  return connection.text(
      "SELECT coalesce(group_concat(sql, ';'), '') FROM "
      "(SELECT coalesce(sql, name) AS sql FROM sqlite_schema ORDER BY rowid)");
}

std::string schema() {
  return fmt::format("{};{}", kTable, kIndex);
}

Result<bool> is_empty(Connection& connection, const std::string& path) {
  const auto application = connection.integer("PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  const auto format = connection.integer("PRAGMA user_version");
  if (!format) return std::unexpected(format.error());
  const auto found = schema_of(connection);
  if (!found) return std::unexpected(found.error());
  if (*application == 0 && *format == 0 && found->empty()) return true;
  if (*application != kApplication) {
    return fail(
        "{}: it is a database of SQLite, but no ledger of livefix; move it away, or give "
        "livefix another directory with LIVEFIX_DIR",
        path);
  }
  if (*format > kFormat) {
    return fail(
        "{}: it is a ledger of format {}, and this livefix knows {}; run the newer livefix "
        "that wrote it",
        path, *format, kFormat);
  }
  if (*format != kFormat || *found != schema()) {
    return fail(
        "{}: its tables are not those of a ledger of format {}; somebody changed them: put "
        "back a copy, or move it away",
        path, kFormat);
  }
  return false;
}

// The transaction changes the first page, which the checkpoint syncs: from then on the database has
// a header on the disk, without which SQLite would drop a log.
Status create(Connection& connection) {
  const auto begun = connection.execute(
      fmt::format("PRAGMA synchronous = FULL; BEGIN IMMEDIATE; {}; {}; PRAGMA application_id = {}; "
                  "PRAGMA user_version = {}; COMMIT",
                  kTable, kIndex, kApplication, kFormat));
  if (!begun) return begun;
  return connection.checkpoint();
}

Status use_log(Connection& connection, const std::string& path) {
  const auto mode = connection.text("PRAGMA journal_mode = WAL");
  if (!mode) return std::unexpected(mode.error());
  if (*mode == "wal") return {};
  return fail(
      "{}: its file system cannot share memory, which the write-ahead log needs; give livefix "
      "a directory on a local disk with LIVEFIX_DIR",
      path);
}

}  // namespace

Result<EventTable> EventTable::open(const std::string& path, Access access) {
  auto connection = Connection::open(path, access);
  if (!connection) return std::unexpected(connection.error());
  const auto empty = is_empty(*connection, path);
  if (!empty) return std::unexpected(empty.error());
  if (access == Access::read_write) {
    auto ready = use_log(*connection, path);
    if (ready && *empty) ready = create(*connection);
    if (!ready) return std::unexpected(ready.error());
  } else if (*empty) {
    return fail("{}: it is empty, no ledger; name the ledger.db of a livefix", path);
  }
  auto insert = connection->prepare(
      fmt::format("INSERT INTO event ({}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", kColumns));
  if (!insert) return std::unexpected(insert.error());
  auto at = connection->prepare(fmt::format("SELECT {} FROM event WHERE sequence = ?1", kColumns));
  if (!at) return std::unexpected(at.error());
  auto of_kind = connection->prepare(
      fmt::format("SELECT {} FROM event WHERE kind = ?1 AND sequence <= ?2 ORDER BY sequence DESC "
                  "LIMIT 1",
                  kColumns));
  if (!of_kind) return std::unexpected(of_kind.error());
  return EventTable(std::move(*connection), std::move(*insert), std::move(*at),
                    std::move(*of_kind));
}

Status EventTable::set_durable(bool durable) {
  if (durable_ == durable) return {};
  durable_.reset();
  const auto set =
      connection_.execute(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  if (set) durable_ = durable;
  return set;
}

Status EventTable::insert(const Event& event, bool durable) {
  if (const auto set = set_durable(durable); !set) return set;
  const auto done = insert_.bind(1, to_integer(event.sequence))
                        .bind(2, std::int64_t{event.entry.time.time_since_epoch().count()})
                        .bind(3, event.entry.kind)
                        .bind(4, event.entry.actor)
                        .bind(5, event.entry.body)
                        .bind(6, event.previous)
                        .bind(7, event.hash)
                        .step();
  if (!done) return std::unexpected(done.error());
  return {};
}

Status EventTable::remove(std::uint64_t sequence) {
  if (const auto set = set_durable(true); !set) return set;
  return connection_.execute(fmt::format("DELETE FROM event WHERE sequence = {}", sequence));
}

Result<std::optional<Event>> EventTable::at(std::uint64_t sequence) {
  return first_of(at_.bind(1, to_integer(sequence)));
}

Result<std::optional<Event>> EventTable::last() {
  const auto sequence = connection_.integer("SELECT coalesce(max(sequence), 0) FROM event");
  if (!sequence) return std::unexpected(sequence.error());
  if (*sequence == 0) return std::nullopt;
  return at(static_cast<std::uint64_t>(*sequence));
}

Result<std::optional<Event>> EventTable::last_of_kind(std::string_view kind, std::uint64_t until) {
  return first_of(of_kind_.bind(1, kind).bind(2, to_integer(until)));
}

Status EventTable::scan(std::uint64_t until, const std::function<Status(const Event&)>& each) {
  auto rows = connection_.prepare(
      fmt::format("SELECT {} FROM event WHERE sequence <= ?1 ORDER BY sequence", kColumns));
  if (!rows) return std::unexpected(rows.error());
  rows->bind(1, to_integer(until));
  while (true) {
    const auto row = rows->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    if (const auto taken = each(to_event(*rows)); !taken) return taken;
  }
}

Status EventTable::check_pages() {
  const auto found = connection_.text("PRAGMA integrity_check(1)");
  if (!found) return std::unexpected(found.error());
  if (*found != "ok") {
    return fail("{}: {}; the events are whole, but what SQLite keeps beside them is not",
                connection_.path(), *found);
  }
  return {};
}

}  // namespace livefix::ledger
