// The file of the access log: opened for a proxy that may open nothing, and looked at for whether
// it is still the one that its name stands for, since logrotate and others rename it. Owned by
// AccessLogSource.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace livefix::control {

class LogFile {
 public:
  explicit LogFile(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  // To append to; made with mode 0640 where there is none. Waits for no FIFO and never blocks in
  // one. The error names the file and what to do. Remembers which file it was.
  Result<os::Fd> open();
  // The name stands for another file than the last that was opened, or for none.
  bool is_elsewhere() const;

 private:
  const std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace livefix::control
