#include "releases/carry_over.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <optional>
#include <span>
#include <string_view>

#include "os/fd.h"
#include "releases/beneath.h"
#include "releases/scratch.h"

namespace livefix::releases {
namespace {

constexpr const char* kLockfiles[] = {
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock",
    "pnpm-lock.yaml",    "requirements.txt",    "poetry.lock",
    "uv.lock",           "Pipfile.lock",        "go.sum",
};
constexpr const char* kManifests[] = {"package.json", "pyproject.toml", "setup.py", "Pipfile",
                                      "go.mod"};

enum class Comparison : std::uint8_t { absent, equal, different };

// Fills the buffer as far as the file goes; nothing when it cannot be read.
std::optional<std::size_t> read_full(int file, std::span<char> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const ssize_t size = read(file, into.data() + filled, into.size() - filled);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::nullopt;
    if (size == 0) break;
    filled += static_cast<std::size_t>(size);
  }
  return filled;
}

bool same_bytes(int one, int other) {
  std::array<char, 65536> left;
  std::array<char, 65536> right;
  while (true) {
    const auto of_left = read_full(one, left);
    const auto of_right = read_full(other, right);
    if (!of_left || of_left != of_right) return false;
    if (std::memcmp(left.data(), right.data(), *of_left) != 0) return false;
    if (*of_left < left.size()) return true;
  }
}

// A link or anything else that is no file of its own differs from everything.
Comparison compare(int one, int other, const char* name) {
  struct stat left{};
  struct stat right{};
  const bool in_one = fstatat(one, name, &left, AT_SYMLINK_NOFOLLOW) == 0;
  const bool in_other = fstatat(other, name, &right, AT_SYMLINK_NOFOLLOW) == 0;
  if (!in_one && !in_other) return Comparison::absent;
  if (!in_one || !in_other || !S_ISREG(left.st_mode) || !S_ISREG(right.st_mode) ||
      left.st_size != right.st_size) {
    return Comparison::different;
  }
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  const os::Fd first(openat(one, name, kFlags));
  const os::Fd second(openat(other, name, kFlags));
  if (!first || !second || !same_bytes(first.get(), second.get())) return Comparison::different;
  return Comparison::equal;
}

// What one of the keep directories goes through, from the first question to the copy.
class Carrier {
 public:
  Carrier(const CarryRequest& request, os::Fd from, os::Fd to)
      : request_(request), from_(std::move(from)), to_(std::move(to)) {}

  // Whether it would be carried, and why not.
  Result<Carried> foresee(const std::string& directory);
  Result<Carried> carry(const std::string& directory);

 private:
  Result<std::string> reason_to_skip(const std::string& directory);
  std::string changed_lockfile(std::string_view directory) const;
  Status copy(Carried& carried);

  const CarryRequest& request_;
  os::Fd from_;
  os::Fd to_;
  // Of the directory at hand: what it lies in, there and here, and itself.
  os::Fd old_parent_;
  os::Fd new_parent_;
  os::Fd source_;
};

// Why the directory is not to be carried over; empty when it is, with its descriptors opened.
Result<std::string> Carrier::reason_to_skip(const std::string& directory) {
  const auto [parent, name_view] = split_path(directory);
  const std::string name(name_view);
  auto old_parent = open_beneath(from_.get(), parent);
  if (!old_parent) return "it is not in the release before";
  struct stat status{};
  if (fstatat(old_parent->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) {
    return "it is not in the release before";
  }
  if (S_ISLNK(status.st_mode)) {
    std::string points_to(PATH_MAX, '\0');
    const ssize_t size =
        readlinkat(old_parent->get(), name.c_str(), points_to.data(), points_to.size());
    points_to.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return fmt::format("it is a symbolic link to {}; keep the directory itself", points_to);
  }
  if (!S_ISDIR(status.st_mode)) return "it is no directory in the release before";
  os::Fd source(
      openat(old_parent->get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!source) return fail_errno("{}/{}", request_.from, directory);
  // Its scripts begin with the path of the release that it was made in, and would run its packages
  // until that one is removed, and then not at all.
  if (faccessat(source.get(), "pyvenv.cfg", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    return "a virtual environment of Python cannot be moved; let the build step make it";
  }

  auto new_parent = open_beneath(to_.get(), parent);
  if (!new_parent) return fmt::format("{} is no directory of the new release", parent);
  if (fstatat(new_parent->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    return "the new release has something of that name";
  }
  if (auto changed = changed_lockfile(parent); !changed.empty()) return changed + " changed";
  old_parent_ = std::move(*old_parent);
  new_parent_ = std::move(*new_parent);
  source_ = std::move(source);
  return std::string();
}

// The path of the first lockfile, from beside the directory upwards, that is not the same in both.
std::string Carrier::changed_lockfile(std::string_view directory) const {
  bool locked = false;
  std::string changed_manifest;
  for (auto at = directory;; at = split_path(at).first) {
    const auto before = open_beneath(from_.get(), at);
    const auto now = open_beneath(to_.get(), at);
    if (!before || !now) return std::string(at);
    const auto path_of = [&](const char* name) {
      return at.empty() ? std::string(name) : fmt::format("{}/{}", at, name);
    };
    for (const char* name : kLockfiles) {
      const auto compared = compare(before->get(), now->get(), name);
      if (compared == Comparison::different) return path_of(name);
      if (compared == Comparison::equal) locked = true;
    }
    for (const char* name : kManifests) {
      const auto compared = compare(before->get(), now->get(), name);
      if (compared == Comparison::different) changed_manifest = path_of(name);
    }
    if (at.empty()) break;
  }
  return locked ? std::string() : changed_manifest;
}

Status Carrier::copy(Carried& carried) {
  // In the directory of releases and not in this one, so that a copy that was interrupted is
  // removed, and never taken for a whole one.
  const auto scratch = Scratch::make(request_.to + ".tmp-keep-");
  if (!scratch) return std::unexpected(scratch.error());
  const auto target = scratch->path() + "/tree";
  const auto count = copy_tree({.source = source_.get(),
                                .target = target,
                                .old_root = request_.from,
                                .new_root = request_.to,
                                .first_way = request_.first_way});
  if (!count) {
    return fail("{} cannot be carried over: {}", carried.directory, count.error().message);
  }
  const std::string name(split_path(carried.directory).second);
  if (renameat(AT_FDCWD, target.c_str(), new_parent_.get(), name.c_str()) < 0) {
    return fail_errno("{}/{}", request_.to, carried.directory);
  }
  carried.count = *count;
  return {};
}

Result<Carried> Carrier::foresee(const std::string& directory) {
  if (!stays_beneath(directory)) {
    return fail(
        "keep: \"{}\" is no directory of the release; write it without / at its ends and "
        "without ..",
        directory);
  }
  auto reason = reason_to_skip(directory);
  if (!reason) return std::unexpected(reason.error());
  return Carried{.directory = directory, .skipped = std::move(*reason)};
}

Result<Carried> Carrier::carry(const std::string& directory) {
  auto result = foresee(directory);
  if (!result || !result->skipped.empty()) return result;
  if (const auto copied = copy(*result); !copied) return std::unexpected(copied.error());
  return result;
}

Result<std::vector<Carried>> for_each_kept(const CarryRequest& request,
                                           Result<Carried> (Carrier::*answer)(const std::string&)) {
  auto from = open_directory(request.from);
  if (!from) return std::unexpected(from.error());
  auto to = open_directory(request.to);
  if (!to) return std::unexpected(to.error());
  Carrier carrier(request, std::move(*from), std::move(*to));
  std::vector<Carried> result;
  for (const auto& directory : request.keep) {
    auto carried = (carrier.*answer)(directory);
    if (!carried) return std::unexpected(carried.error());
    result.push_back(std::move(*carried));
  }
  return result;
}

}  // namespace

Result<std::vector<Carried>> carry_over(const CarryRequest& request) {
  return for_each_kept(request, &Carrier::carry);
}

Result<std::vector<Carried>> foresee_carry_over(const CarryRequest& request) {
  return for_each_kept(request, &Carrier::foresee);
}

std::vector<std::string_view> carry_over_witnesses() {
  std::vector<std::string_view> names(std::begin(kLockfiles), std::end(kLockfiles));
  names.insert(names.end(), std::begin(kManifests), std::end(kManifests));
  return names;
}

}  // namespace livefix::releases
