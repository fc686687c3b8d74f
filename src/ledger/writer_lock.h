// One writer for a ledger: a lock of the system on a file beside it, held for life, gone with the
// process however that ends. Owned by Ledger.
#pragma once

#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace livefix::ledger {

class WriterLock {
 public:
  // `ledger` is the absolute path of the database. The lock is not on that file itself: closing any
  // descriptor of it would end the locks that SQLite has there (fcntl(2)). It stays behind, since
  // removing it would let two in.
  static Result<WriterLock> take(const std::string& ledger);

 private:
  explicit WriterLock(os::Fd file) : file_(std::move(file)) {}

  os::Fd file_;
};

}  // namespace livefix::ledger
