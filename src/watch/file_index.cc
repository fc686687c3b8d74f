#include "watch/file_index.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <climits>
#include <ctime>
#include <memory>

#include "os/fd.h"

namespace livefix::watch {
namespace {

// Larger files are told apart by size, time and inode alone.
constexpr std::uint64_t kLargestToRead = 64ULL << 20;
// File times come from the timer tick, 4 ms on most kernels and 10 ms at most.
constexpr std::int64_t kRecent = 20'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Fingerprint fingerprint_of(const struct stat& status) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  Fingerprint result;
  result.device = status.st_dev;
  result.inode = status.st_ino;
  result.size = static_cast<std::uint64_t>(status.st_size);
  result.modified = nanoseconds(status.st_mtim);
  result.recent = nanoseconds(now) - result.modified < kRecent;
  return result;
}

std::optional<std::uint64_t> hash_of_target(const std::string& link) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = readlink(link.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  return XXH3_64bits(target.data(), static_cast<std::size_t>(size));
}

std::optional<Fingerprint> look_at(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) < 0) return std::nullopt;
  const bool is_link = S_ISLNK(status.st_mode);
  struct stat target = status;
  if (is_link && stat(path.c_str(), &target) < 0) return std::nullopt;
  if (is_link && S_ISDIR(target.st_mode)) {
    auto result = fingerprint_of(status);
    result.hash = hash_of_target(path);
    result.is_link = true;
    return result;
  }
  if (!S_ISREG(target.st_mode)) return std::nullopt;
  auto result = fingerprint_of(target);
  result.is_link = is_link;
  return result;
}

// Of the file that `expected` describes; nullopt when it is another by now, or cannot be read.
std::optional<std::uint64_t> hash_of(const std::string& path, const Fingerprint& expected) {
  if (expected.size > kLargestToRead) return std::nullopt;
  const os::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return std::nullopt;
  const auto is_expected = [&] {
    struct stat status{};
    return fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
           fingerprint_of(status).same_stat(expected);
  };
  if (!is_expected()) return std::nullopt;
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              XXH3_freeState);
  XXH3_64bits_reset(state.get());
  std::array<char, 65536> buffer;
  for (std::uint64_t total = 0; total <= expected.size;) {
    const ssize_t n = read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) break;
    total += static_cast<std::uint64_t>(n);
    XXH3_64bits_update(state.get(), buffer.data(), static_cast<std::size_t>(n));
  }
  if (!is_expected()) return std::nullopt;
  return XXH3_64bits_digest(state.get());
}

}  // namespace

std::string FileIndex::absolute(std::string_view path) const {
  if (path.empty()) return root_;
  if (path.front() == '/') return std::string(path);
  std::string result = root_;
  if (!result.ends_with('/')) result += '/';
  return result.append(path);
}

void FileIndex::put(const std::string& path, const Fingerprint& fingerprint) {
  const auto [place, added] = files_.try_emplace(path);
  if (!added && place->second.is_link) --link_count_;
  if (fingerprint.is_link) ++link_count_;
  place->second = fingerprint;
  if (!fingerprint.hash && fingerprint.size <= kLargestToRead) unread_.push_back(path);
}

void FileIndex::learn(const std::string& path) {
  if (const auto now = look_at(absolute(path))) put(path, *now);
}

FileIndex::Comparison FileIndex::compare(const std::string& path) const {
  const auto known = files_.find(path);
  const bool was_there = known != files_.end();
  const auto full_path = absolute(path);
  auto now = look_at(full_path);
  if (!now) return {.changed = was_there, .settled = false, .now = std::nullopt};

  Comparison result{.changed = true, .settled = now->size > 0, .now = now};
  if (!was_there) return result;
  const auto& before = known->second;
  if (!before.hash) {
    result.changed = before.recent || !before.same_stat(*now);
    return result;
  }
  if (before.same_stat(*now) && !before.recent) {
    result.now->hash = before.hash;
    result.changed = false;
    return result;
  }
  if (!now->hash && now->size == before.size) result.now->hash = hash_of(full_path, *now);
  result.changed = result.now->hash != before.hash;
  return result;
}

void FileIndex::accept(const std::string& path, const Comparison& comparison) {
  if (comparison.now) {
    put(path, *comparison.now);
    return;
  }
  const auto known = files_.find(path);
  if (known == files_.end()) return;
  if (known->second.is_link) --link_count_;
  files_.erase(known);
}

bool FileIndex::read_some(std::size_t files) {
  for (; files > 0 && !unread_.empty(); --files) {
    const auto known = files_.find(unread_.back());
    unread_.pop_back();
    if (known == files_.end() || known->second.hash) continue;
    known->second.hash = hash_of(absolute(known->first), known->second);
  }
  return !unread_.empty();
}

std::vector<std::string> FileIndex::below(std::string_view directory) const {
  std::vector<std::string> result;
  const auto prefix = directory.empty() ? std::string{} : std::string(directory) + '/';
  for (auto at = files_.lower_bound(prefix); at != files_.end() && at->first.starts_with(prefix);
       ++at) {
    result.push_back(at->first);
  }
  return result;
}

std::vector<std::string> FileIndex::links() const {
  std::vector<std::string> result;
  if (link_count_ == 0) return result;
  for (const auto& [path, known] : files_) {
    if (known.is_link) result.push_back(path);
  }
  return result;
}

std::vector<std::string> FileIndex::stale() const {
  std::vector<std::string> result;
  for (const auto& [path, known] : files_) {
    const auto now = look_at(absolute(path));
    if (!now || !now->same_stat(known)) result.push_back(path);
  }
  return result;
}

}  // namespace livefix::watch
