// The inotify watches of one tree: which directory each belongs to, and what its events say.
#pragma once

#include <sys/inotify.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "os/fd.h"
#include "watch/path_filter.h"

namespace livefix::watch {

class DirectoryWatches {
 public:
  struct Event {
    const std::string& directory;
    Reach reach;
    std::string_view name;  // empty: the directory itself
    std::uint32_t mask;     // of inotify(7)
  };
  // Events were lost: nothing is known.
  struct Overflow {};

  // Fails with EMFILE or ENFILE when there are no instances left. No more than `max_watches`
  // directories; beyond that add() fails with ENOSPC, as the system does at its own limit.
  static Result<DirectoryWatches> create(std::size_t max_watches);

  int fd() const { return inotify_.get(); }

  // Watches a directory (by its absolute path) under the name `directory`. A directory that is
  // watched already gets the new name: it was moved. The error's os_error is the system's.
  Status add(const std::string& absolute_path, const std::string& directory, Reach reach);
  // Forgets a directory and all below.
  void remove(std::string_view directory);

  // Reads what waits, as far as that is bounded. The handler may call add and remove.
  void read(const std::function<void(const Event&)>& on_event,
            const std::function<void(Overflow)>& on_overflow);

 private:
  struct Directory {
    std::string path;
    Reach reach;
  };

  DirectoryWatches(os::Fd inotify, std::size_t max_watches)
      : inotify_(std::move(inotify)), max_watches_(max_watches) {}
  void forget(int watch);

  os::Fd inotify_;
  std::size_t max_watches_;
  std::unordered_map<int, Directory> directories_;
  std::map<std::string, int, std::less<>> watches_;
};

}  // namespace livefix::watch
