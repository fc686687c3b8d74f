#include "releases/artifact_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "os/file_replacement.h"
#include "releases/beneath.h"
#include "releases/copy_bytes.h"
#include "releases/scratch.h"
#include "releases/tree_layout.h"

namespace livefix::releases {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kProgram = 0755;

// What a path in a release has already, as a sentence.
std::unexpected<Error> refuse(const Artifact& artifact, const Error& error) {
  switch (error.os_error) {
    case EEXIST:
      return fail(
          "{} is in the commit; remove it from the repository, or give the artifact another path",
          artifact.path);
    case ENOTDIR:
    case ELOOP:
      return fail(
          "the artifact {} cannot be there: a directory on the way is a file or a link in the "
          "commit",
          artifact.path);
    default:
      return std::unexpected(
          Error{fmt::format("the artifact {}: {}", artifact.path, error.message), error.os_error});
  }
}

}  // namespace

// --- one that comes ------------------------------------------------------------------------------

IncomingArtifact::IncomingArtifact(IncomingArtifact&& other) noexcept
    : directory_(std::move(other.directory_)),
      sha256_(std::move(other.sha256_)),
      path_(std::exchange(other.path_, {})),
      file_(std::move(other.file_)),
      hash_(std::move(other.hash_)) {}

IncomingArtifact::~IncomingArtifact() {
  discard();
}

void IncomingArtifact::discard() {
  if (!path_.empty()) unlink(std::exchange(path_, {}).c_str());
}

Status IncomingArtifact::write(std::span<const char> bytes) {
  hash_.add(bytes);
  while (!bytes.empty()) {
    const ssize_t size = ::write(file_.get(), bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      const auto failure = fail_errno("{}", path_);
      discard();
      return failure;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
  return {};
}

Status IncomingArtifact::finish() {
  const auto kept = keep();
  if (!kept) discard();
  return kept;
}

Status IncomingArtifact::keep() {
  const std::string found = hash_.hex();
  if (found != sha256_) {
    return std::unexpected(
        Error{fmt::format("the bytes that came have the SHA-256 {}, and not {}; send them again",
                          found, sha256_),
              EBADMSG});
  }
  if (fsync(file_.get()) < 0) return fail_errno("{}", path_);
  if (rename(path_.c_str(), (directory_ + "/" + sha256_).c_str()) < 0) {
    return fail_errno("{}", path_);
  }
  path_.clear();
  return os::sync_directory(directory_);
}

// --- those that are here -------------------------------------------------------------------------

Status ArtifactStore::prepare() const {
  std::error_code failed;
  fs::create_directories(directory_, failed);
  if (failed) return fail("{}: {}", directory_, failed.message());
  remove_scratch(directory_);
  return {};
}

std::optional<std::uint64_t> ArtifactStore::find(const std::string& sha256) const {
  const auto path = path_of(sha256);
  struct stat status{};
  if (!is_sha256(sha256) || utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) < 0 ||
      lstat(path.c_str(), &status) < 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(status.st_size);
}

Result<IncomingArtifact> ArtifactStore::receive(const std::string& sha256,
                                                std::uint64_t size) const {
  if (!is_sha256(sha256)) return fail("\"{}\" is no SHA-256", sha256);
  if (const auto room = check_room(directory_, size, 1); !room) {
    return std::unexpected(room.error());
  }
  std::string path = path_of(sha256) + ".tmp-XXXXXX";
  os::Fd file(mkostemp(path.data(), O_CLOEXEC));
  if (!file) return fail_errno("{}", path);
  return IncomingArtifact(directory_, sha256, std::move(path), std::move(file));
}

Status ArtifactStore::place(const Artifact& artifact, int root) const {
  const os::Fd from(open(path_of(artifact.sha256).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!from) {
    if (errno != ENOENT) return fail_errno("{}", path_of(artifact.sha256));
    return fail(
        "the artifact {} ({}) is not here; livefix push --artifact sends it with the commit",
        artifact.path, artifact.short_hash());
  }
  const auto [parent, name] = split_path(artifact.path);
  const auto directory = complete_beneath(root, parent);
  if (!directory) return refuse(artifact, directory.error());
  const os::Fd to(openat(directory->get(), std::string(name).c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kProgram));
  if (!to) return refuse(artifact, fail_errno("{}", name).error());
  // Whatever the umask is.
  if (!copy_bytes(from.get(), to.get()) || fchmod(to.get(), kProgram) < 0) {
    return refuse(artifact, fail_errno("{}", name).error());
  }
  return {};
}

Status ArtifactStore::prune(const std::set<std::string>& named,
                            std::chrono::system_clock::time_point now) const {
  std::vector<std::string> old;
  std::error_code failed;
  for (fs::directory_iterator entry(directory_, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const auto name = entry->path().filename().string();
    struct stat status{};
    if (!is_sha256(name) || named.contains(name) || lstat(entry->path().c_str(), &status) < 0) {
      continue;
    }
    const auto asked = std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec);
    if (now - asked > kUnnamed) old.push_back(entry->path());
  }
  if (failed) return fail("{}: {}", directory_, failed.message());
  for (const auto& path : old) {
    if (unlink(path.c_str()) < 0 && errno != ENOENT) return fail_errno("{}", path);
  }
  return {};
}

}  // namespace livefix::releases
