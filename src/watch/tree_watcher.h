// Watches a directory tree for saves and turns bursts of them into changes. Owned by control, used
// from its thread only; it has no thread and no clock of its own: the owner polls `fd()`, calls
// `read_events`, waits until `due()` and asks `take_change`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/service_spec.h"

namespace livefix::watch {

// Files whose contents changed, appeared or went away: paths relative to the directory, sorted.
// A program that lies outside of the directory (WatchSpec::files) has its absolute path.
struct Change {
  std::vector<std::string> paths;
};

class TreeWatcher {
 public:
  // More directories than this are polled, as if the system had no inotify watches left.
  static constexpr std::size_t kNoLimit = SIZE_MAX;

  virtual ~TreeWatcher() = default;

  // Walks the tree once. When the system has no inotify watches left the tree is polled instead,
  // and `warning()` says so. Fails only when `directory` cannot be read. May wait for Git, to
  // learn which directories it ignores: 500 ms at most, a few as a rule.
  static Result<std::unique_ptr<TreeWatcher>> create(std::string directory, const WatchSpec& spec,
                                                     std::size_t max_watches = kNoLimit);

  // Readable when something may have happened: inotify, or a timer when the tree is polled. The
  // number stays the same when one takes over from the other.
  virtual int fd() const = 0;
  // Takes in what happened. Call it when `fd()` is readable.
  virtual void read_events(TimePoint now) = 0;
  // When the quiet period of the current burst ends; nullopt when nothing is under way.
  virtual std::optional<TimePoint> due() const = 0;
  // The burst, once it is quiet; nullopt before that, or when every file has the contents it had.
  // It may also move `due()`, when a file is only just being written: ask that again.
  virtual std::optional<Change> take_change(TimePoint now) = 0;

  // Reads up to `files` files whose contents are not known yet, so that saving the same bytes
  // again is no change. True while there are more: call it whenever there is nothing else to do.
  // A file that was never read counts as changed whenever it is saved.
  virtual bool learn_contents(std::size_t files) = 0;

  virtual std::size_t file_count() const = 0;
  // A sentence for the user, or empty. It can appear while the watcher runs.
  virtual std::string warning() const = 0;
};

}  // namespace livefix::watch
