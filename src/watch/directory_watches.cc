#include "watch/directory_watches.h"

#include <unistd.h>

#include <cstring>
#include <vector>

namespace livefix::watch {
namespace {

// IN_MODIFY is left out: a file that is being written is of no interest until it is closed.
constexpr std::uint32_t kMask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR |
                                IN_DONT_FOLLOW | IN_EXCL_UNLINK;
constexpr int kReadsAtOnce = 64;

}  // namespace

Result<DirectoryWatches> DirectoryWatches::create(std::size_t max_watches) {
  os::Fd inotify(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify) return fail_errno("inotify");
  return DirectoryWatches(std::move(inotify), max_watches);
}

Status DirectoryWatches::add(const std::string& absolute_path, const std::string& directory,
                             Reach reach) {
  if (directories_.size() >= max_watches_) {
    errno = ENOSPC;
    return fail_errno("watching {}", absolute_path);
  }
  // The service's own directory may be reached through a symbolic link; those below it are not.
  const std::uint32_t mask = directory.empty() ? kMask & ~std::uint32_t{IN_DONT_FOLLOW} : kMask;
  const int watch = inotify_add_watch(inotify_.get(), absolute_path.c_str(), mask);
  if (watch < 0) return fail_errno("watching {}", absolute_path);
  if (const auto old = watches_.find(directory); old != watches_.end() && old->second != watch) {
    directories_.erase(old->second);  // another directory had this name
  }
  if (const auto known = directories_.find(watch); known != directories_.end()) {
    watches_.erase(known->second.path);
  }
  directories_.insert_or_assign(watch, Directory{directory, reach});
  watches_.insert_or_assign(directory, watch);
  return {};
}

void DirectoryWatches::forget(int watch) {
  const auto known = directories_.find(watch);
  if (known == directories_.end()) return;
  const auto named = watches_.find(known->second.path);
  if (named != watches_.end() && named->second == watch) watches_.erase(named);
  directories_.erase(known);
}

void DirectoryWatches::remove(std::string_view directory) {
  std::vector<int> removed;
  const auto prefix = std::string(directory) + '/';
  if (const auto at = watches_.find(directory); at != watches_.end()) removed.push_back(at->second);
  for (auto at = watches_.lower_bound(prefix);
       at != watches_.end() && at->first.starts_with(prefix); ++at) {
    removed.push_back(at->second);
  }
  for (const int watch : removed) {
    inotify_rm_watch(inotify_.get(), watch);
    forget(watch);
  }
}

void DirectoryWatches::read(const std::function<void(const Event&)>& on_event,
                            const std::function<void(Overflow)>& on_overflow) {
  alignas(inotify_event) char buffer[65536];
  for (int reads = 0; reads < kReadsAtOnce; ++reads) {
    const ssize_t size = ::read(inotify_.get(), buffer, sizeof buffer);
    if (size <= 0) return;
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      std::memcpy(&event, buffer + at, sizeof event);
      const char* name = buffer + at + sizeof event;
      at += static_cast<ssize_t>(sizeof event + event.len);
      if (event.mask & IN_Q_OVERFLOW) {
        on_overflow({});
        continue;
      }
      const auto known = directories_.find(event.wd);
      if (known == directories_.end()) continue;  // removed; this was still under way
      const Directory directory = known->second;
      if (event.mask & IN_IGNORED) forget(event.wd);
      on_event({directory.path, directory.reach,
                event.len > 0 ? std::string_view(name) : std::string_view{}, event.mask});
    }
  }
}

}  // namespace livefix::watch
