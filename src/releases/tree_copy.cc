#include "releases/tree_copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <memory>
#include <string_view>

#include "os/fd.h"
#include "releases/copy_bytes.h"

namespace livefix::releases {
namespace {

constexpr int kDeepest = 200;  // directories; each holds two descriptors meanwhile

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};
using Listing = std::unique_ptr<DIR, CloseDirectory>;

// An entry of a directory in both trees.
struct Place {
  int source;
  int target;
  const char* name;
};

class Copier {
 public:
  explicit Copier(const CopyRequest& request) : request_(request), way_(request.first_way) {}

  Status copy_directory(int source, int target, int depth);
  const CopyCount& count() const { return count_; }

 private:
  Status copy_entry(const Place& place, int depth);
  Status copy_below(const Place& place, const struct stat& status, int depth);
  Status copy_link(const Place& place);
  Status copy_file(const Place& place, const struct stat& status);
  bool clone_or_copy(const Place& place, const struct stat& status, CopyWay way);
  Status wrong(const Place& place) const { return fail_errno("{}", place.name); }

  const CopyRequest& request_;
  CopyWay way_;
  CopyCount count_;
};

// What says that a way is not to be had, as opposed to a disk that is full.
bool is_not_to_be_had(int error) {
  return error == EOPNOTSUPP || error == EXDEV || error == EINVAL || error == ENOTTY ||
         error == ENOSYS || error == EPERM || error == EMLINK || error == EACCES;
}

Status Copier::copy_directory(int source, int target, int depth) {
  if (depth > kDeepest) return fail("it has more than {} directories in one another", kDeepest);
  const int listed = fcntl(source, F_DUPFD_CLOEXEC, 3);
  const Listing listing(listed >= 0 ? fdopendir(listed) : nullptr);
  if (!listing) {
    const auto status = fail_errno("opendir");
    if (listed >= 0) close(listed);
    return status;
  }
  rewinddir(listing.get());  // the position is the descriptor's, shared with its duplicates
  while (true) {
    errno = 0;
    const dirent* entry = readdir(listing.get());
    if (!entry) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (auto copied = copy_entry({source, target, entry->d_name}, depth); !copied) return copied;
  }
  if (errno != 0) return fail_errno("readdir");
  return {};
}

Status Copier::copy_entry(const Place& place, int depth) {
  struct stat status{};
  if (fstatat(place.source, place.name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno == ENOENT) return {};  // it went away meanwhile
    return wrong(place);
  }
  if (S_ISDIR(status.st_mode)) return copy_below(place, status, depth);
  if (S_ISLNK(status.st_mode)) return copy_link(place);
  if (S_ISREG(status.st_mode)) return copy_file(place, status);
  ++count_.left_out;
  return {};
}

Status Copier::copy_below(const Place& place, const struct stat& status, int depth) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  const os::Fd source(openat(place.source, place.name, kFlags));
  if (!source || mkdirat(place.target, place.name, 0700) < 0) return wrong(place);
  const os::Fd target(openat(place.target, place.name, kFlags));
  if (!target) return wrong(place);
  if (auto copied = copy_directory(source.get(), target.get(), depth + 1); !copied) {
    return std::unexpected(
        Error{fmt::format("{}/{}", place.name, copied.error().message), copied.error().os_error});
  }
  // Last: it may be without the right to write.
  if (fchmod(target.get(), status.st_mode & 07777) < 0) return wrong(place);
  ++count_.directories;
  return {};
}

Status Copier::copy_link(const Place& place) {
  std::string points_to(PATH_MAX, '\0');
  const ssize_t size = readlinkat(place.source, place.name, points_to.data(), points_to.size());
  if (size < 0) return wrong(place);
  points_to.resize(static_cast<std::size_t>(size));
  const auto& root = request_.old_root;
  if (!root.empty() && (points_to == root || points_to.starts_with(root + "/"))) {
    points_to.replace(0, root.size(), request_.new_root);
  }
  if (symlinkat(points_to.c_str(), place.target, place.name) < 0) return wrong(place);
  ++count_.symbolic_links;
  return {};
}

Status Copier::copy_file(const Place& place, const struct stat& status) {
  if (way_ == CopyWay::clone) {
    if (clone_or_copy(place, status, CopyWay::clone)) return ++count_.cloned, Status();
    if (!is_not_to_be_had(errno)) return wrong(place);
    way_ = CopyWay::link;  // the same for all files of one file system
  }
  if (way_ == CopyWay::link) {
    if (linkat(place.source, place.name, place.target, place.name, 0) == 0) {
      return ++count_.linked, Status();
    }
    if (!is_not_to_be_had(errno)) return wrong(place);
    if (errno == EXDEV) way_ = CopyWay::bytes;  // else it is this file: somebody else's, say
  }
  if (!clone_or_copy(place, status, CopyWay::bytes)) return wrong(place);
  ++count_.copied;
  return {};
}

// False leaves no file, and errno.
bool Copier::clone_or_copy(const Place& place, const struct stat& status, CopyWay way) {
  const os::Fd from(
      openat(place.source, place.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!from) return false;
  const os::Fd to(
      openat(place.target, place.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to) return false;
  const timespec times[] = {status.st_atim, status.st_mtim};
  const bool moved = way == CopyWay::clone ? ioctl(to.get(), FICLONE, from.get()) == 0
                                           : copy_bytes(from.get(), to.get());
  // Without the bits that would lend the rights of an owner who is another one now.
  if (moved && fchmod(to.get(), status.st_mode & 0777) == 0 && futimens(to.get(), times) == 0) {
    return true;
  }
  const int saved = errno;
  unlinkat(place.target, place.name, 0);
  errno = saved;
  return false;
}

}  // namespace

Result<CopyCount> copy_tree(const CopyRequest& request) {
  struct stat status{};
  if (fstat(request.source, &status) < 0) return fail_errno("{}", request.target);
  if (mkdir(request.target.c_str(), 0700) < 0) return fail_errno("{}", request.target);
  const os::Fd target(open(request.target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!target) return fail_errno("{}", request.target);
  Copier copier(request);
  if (const auto copied = copier.copy_directory(request.source, target.get(), 0); !copied) {
    return std::unexpected(copied.error());
  }
  if (fchmod(target.get(), status.st_mode & 07777) < 0) return fail_errno("{}", request.target);
  return copier.count();
}

}  // namespace livefix::releases
