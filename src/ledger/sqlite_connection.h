// SQLite's C interface with owners for its handles and Results for its codes, as far as the ledger
// needs it. Thread: that of the ledger. Errors name the file and what to do; their `os_error` is
// ENOSPC when a write (and nothing else) found the disk full, EBUSY when another program writes,
// else what the system said, or EIO.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace livefix::ledger {

// A prepared statement. Its connection has to outlive it.
class Statement {
 public:
  // What is bound has to stay until the statement is reset. An error comes from the next step().
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, std::span<const std::uint8_t> blob);

  // True: there is a row, readable until the next call of step() or reset(). Without one, and after
  // an error, the statement is reset already.
  Result<bool> step();
  void reset();

  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  std::span<const std::uint8_t> blob(int column) const;

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  void note(int code) {
    if (bind_code_ == SQLITE_OK) bind_code_ = code;
  }

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_code_ = SQLITE_OK;
};

class Connection {
 public:
  enum class Access { read_only, read_write };

  // Of a file that is there; `path` is absolute. That the file is a database shows at its first
  // use.
  static Result<Connection> open(const std::string& path, Access access);

  Result<Statement> prepare(std::string_view sql);
  Status execute(const std::string& sql);
  // The first column of the first row: of a PRAGMA, mostly.
  Result<std::int64_t> integer(std::string_view sql);
  Result<std::string> text(std::string_view sql);

  std::string path() const;
  // The name stands for another file than the one that is open, or for none.
  bool has_moved() const;

  // --- the write-ahead log -----------------------------------------------------------------------
  // Pages in it after the last commit of this connection.
  int log_pages() const { return *log_pages_; }
  // Copies the log into the database, as far as no reader is in the way.
  Status checkpoint();
  // Writes every byte of the log once more, then syncs it. After a sync that failed, the system
  // takes pages for clean that never reached the disk, and the next sync succeeds without them.
  Status secure_log();
  // Leaves the log alone when this closes, instead of copying it into the database.
  void keep_log();

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  explicit Connection(sqlite3* database) : database_(database) {}

  // SQLite keeps its address.
  std::unique_ptr<int> log_pages_ = std::make_unique<int>(0);
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace livefix::ledger
