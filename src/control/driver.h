// Turns what happens into steps of the service machine, and what it wants into messages. Owns
// everything that control has; decides nothing. One thread: the io_context's.
//
// Control may be killed at any line. Nothing is kept that the keeper does not know: an order that
// was sent is carried out, one that was not sent was never given, and the next control finds out
// which it was from the keeper's snapshot (service_restore.cc). What a dead control had read and
// not yet acted upon is in the snapshot too; what it had read of a program's output and not yet
// printed is lost, at most 64 KiB.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "model/service_spec.h"
#include "os/fd.h"
#include "watch/tree_watcher.h"

namespace livefix::control {

// What tests replace.
struct DriverSeams {
  using MakeWatcher = std::function<Result<std::unique_ptr<watch::TreeWatcher>>(
      const std::string& directory, const WatchSpec& spec)>;
  MakeWatcher make_watcher;
  int standard_output = 1;
  int standard_error = 2;
};

class Driver {
 public:
  Driver(os::Fd link, DriverSeams seams);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Until the keeper closes the link. Returns the exit status of the process.
  int run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace livefix::control
