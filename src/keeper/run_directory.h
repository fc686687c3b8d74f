// The directory of one running service: its lock, the socket of the control API, private build
// output. Made at the start, removed at the end; a killed livefix leaves it behind, and the next
// one takes it over.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"

namespace livefix::keeper {

class RunDirectory {
 public:
  // Makes and locks it. When another livefix holds the lock the error names its pid. Programs of
  // one that was killed, together with its control, hold on to ports, files and locks of theirs:
  // they are ended first, within `grace`.
  static Result<RunDirectory> acquire(const std::string& path, const std::string& service,
                                      Milliseconds grace);

  RunDirectory(RunDirectory&&) = default;
  RunDirectory& operator=(RunDirectory&&) = delete;

  // The listening socket of the control API, for the user alone.
  Result<os::Fd> listen_for_commands() const;

  // Removes everything that acquire made, parents as far as they are empty.
  void remove();

 private:
  RunDirectory(std::string path, os::Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  os::Fd lock_;
};

}  // namespace livefix::keeper
