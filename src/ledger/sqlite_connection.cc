#include "ledger/sqlite_connection.h"

#include <algorithm>
#include <vector>

namespace livefix::ledger {
namespace {

// Readers are in the way for moments only: while they recover a log.
constexpr int kPatienceMs = 1000;
// Longer than any event. A damaged file must not make us ask for gigabytes.
constexpr int kLongestRow = 2 << 20;
constexpr sqlite3_int64 kPiece = 64 << 10;

std::string_view advice(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return "make room on its disk";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another program writes to it; end that one";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "it is damaged, or no ledger; move it away, or put back a copy";
    case SQLITE_CANTOPEN:
      return "it and its directory have to be writable; to verify a copy, put it with its -wal "
             "where you may write";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "it has to be writable for the user that livefix runs as";
    case SQLITE_IOERR:
      return "look at its disk, and at the log of the kernel";
    default:
      return "look at the file and its disk";
  }
}

int os_error_of(int code, int system_error) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return ENOSPC;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return EBUSY;
    default:
      // A sync may fail with ENOSPC, too, and then much else may be lost.
      return system_error == 0 || system_error == ENOSPC ? EIO : system_error;
  }
}

std::unexpected<Error> failure(const std::string& path, sqlite3* database, int code) {
  const int system_error = database ? sqlite3_system_errno(database) : 0;
  std::string what = sqlite3_errstr(code);
  const int group = code & 0xFF;
  if (system_error != 0 && (group == SQLITE_IOERR || group == SQLITE_CANTOPEN)) {
    what += fmt::format(" ({})", std::strerror(system_error));
  }
  return std::unexpected(
      Error{fmt::format("{}: {}; {}", path, what, advice(code)), os_error_of(code, system_error)});
}

std::unexpected<Error> failure(sqlite3* database, int code) {
  const char* path = sqlite3_db_filename(database, "main");
  return failure(path ? path : "ledger", database, code);
}

// A file may be anything that somebody put there, so nothing in it is to be trusted.
int harden(sqlite3* database) {
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, kLongestRow);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_extended_result_codes(database, 1);
  return sqlite3_exec(database, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0", nullptr,
                      nullptr, nullptr);
}

int note_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

int rewrite(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  if (const int code = file->pMethods->xFileSize(file, &size); code != SQLITE_OK) return code;
  std::vector<char> piece(static_cast<std::size_t>(std::min(size, kPiece)));
  for (sqlite3_int64 at = 0; at < size; at += kPiece) {
    const int length = static_cast<int>(std::min(size - at, kPiece));
    int code = file->pMethods->xRead(file, piece.data(), length, at);
    if (code == SQLITE_OK) code = file->pMethods->xWrite(file, piece.data(), length, at);
    if (code != SQLITE_OK) return code;
  }
  return size > 0 ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : SQLITE_OK;
}

}  // namespace

// --- statements ----------------------------------------------------------------------------------

Statement& Statement::bind(int parameter, std::int64_t value) {
  note(sqlite3_bind_int64(statement_.get(), parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  const char* data = text.empty() ? "" : text.data();  // a null pointer would be NULL
  note(sqlite3_bind_text64(statement_.get(), parameter, data, text.size(), nullptr, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int parameter, std::span<const std::uint8_t> blob) {
  note(sqlite3_bind_blob64(statement_.get(), parameter, blob.data(), blob.size(), nullptr));
  return *this;
}

Result<bool> Statement::step() {
  int code = bind_code_;
  if (code == SQLITE_OK) code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3* const database = sqlite3_db_handle(statement_.get());
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  auto error = failure(database, code);
  reset();
  return error;
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bind_code_ = SQLITE_OK;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (!data) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::span<const std::uint8_t> Statement::blob(int column) const {
  const auto* data =
      static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  if (!data) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

// --- connections ---------------------------------------------------------------------------------

Result<Connection> Connection::open(const std::string& path, Access access) {
  sqlite3* database = nullptr;
  const int flags = access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  int code = sqlite3_open_v2(path.c_str(), &database,
                             flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, nullptr);
  Connection connection(database);
  if (code == SQLITE_OK) code = harden(database);
  if (code != SQLITE_OK) return failure(path, database, code);
  sqlite3_busy_timeout(database, kPatienceMs);
  // Also ends the checkpoints that SQLite makes by itself: it drops their errors.
  sqlite3_wal_hook(database, note_pages, connection.log_pages_.get());
  return connection;
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), 0,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return failure(database_.get(), code);
  return Statement(statement);
}

Status Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(database_.get(), code);
  return {};
}

Result<std::int64_t> Connection::integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

Result<std::string> Connection::text(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return std::string(*row ? statement->text(0) : "");
}

std::string Connection::path() const {
  return sqlite3_db_filename(database_.get(), "main");
}

bool Connection::has_moved() const {
  int moved = 0;
  const int code = sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return code == SQLITE_OK && moved != 0;
}

Status Connection::checkpoint() {
  const int code = sqlite3_wal_checkpoint_v2(database_.get(), "main", SQLITE_CHECKPOINT_PASSIVE,
                                             nullptr, nullptr);
  // Busy: a reader is in the way, and there will be a next time.
  if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) return failure(database_.get(), code);
  return {};
}

Status Connection::secure_log() {
  sqlite3_file* log = nullptr;
  int code = sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                  static_cast<void*>(&log));
  if (code == SQLITE_OK && log && log->pMethods) code = rewrite(log);
  if (code != SQLITE_OK) return failure(database_.get(), code);
  return {};
}

void Connection::keep_log() {
  sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

}  // namespace livefix::ledger
