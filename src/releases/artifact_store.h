// Built files that pushes name and commits do not have: $LIVEFIX_DIR/artifacts/SHA256, each once,
// whatever releases it is in (docs/releases.md). A file is there whole and with the contents of its
// name, or not at all.
//
// A value: the path is all that it holds. Its functions block; those of two objects may run at the
// same time, since each ends in one rename or unlink.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "base/result.h"
#include "model/artifact.h"
#include "model/sha256.h"
#include "os/fd.h"

namespace livefix::releases {

// One that is being received. Without finish() nothing is left of it.
class IncomingArtifact {
 public:
  IncomingArtifact(IncomingArtifact&& other) noexcept;
  IncomingArtifact& operator=(IncomingArtifact&&) = delete;
  ~IncomingArtifact();

  // After an error nothing is left of it. os_error is ENOSPC where the disk is full.
  Status write(std::span<const char> bytes);
  // It is on the disk, and has its name. Fails with EBADMSG where the bytes are others than those
  // that its name promises.
  Status finish();

 private:
  friend class ArtifactStore;
  void discard();
  Status keep();
  IncomingArtifact(std::string directory, std::string sha256, std::string path, os::Fd file)
      : directory_(std::move(directory)),
        sha256_(std::move(sha256)),
        path_(std::move(path)),
        file_(std::move(file)) {}

  std::string directory_;
  std::string sha256_;
  std::string path_;  // where it is until then; empty: nowhere
  os::Fd file_;
  Sha256 hash_;
};

class ArtifactStore {
 public:
  // What nobody names stays for so long after it was last asked for: a pipeline first asks, and
  // pushes when all is there.
  static constexpr std::chrono::hours kUnnamed{1};

  // `directory` is absolute.
  explicit ArtifactStore(std::string directory) : directory_(std::move(directory)) {}

  // Makes the directory where it is not there, and removes what a crash has left in it. Once,
  // before anything is received.
  Status prepare() const;

  // Its size in bytes, and from now on it was just asked for. Nothing: it is not here.
  std::optional<std::uint64_t> find(const std::string& sha256) const;

  // `size` in bytes. Fails with ENOSPC where there is no room for it.
  Result<IncomingArtifact> receive(const std::string& sha256, std::uint64_t size) const;

  // A file of mode 0755 at its path below `root`, an open directory. Directories on the way are
  // made; a file of that name, or a link on the way, is an error. Nothing is synced.
  //
  // A copy, and no hard link to the file here: a build step that strips a program in place, say,
  // would change it for all releases and behind the back of its hash.
  Status place(const Artifact& artifact, int root) const;

  // Removes what is not in `named` (hashes) and was not asked for lately.
  Status prune(const std::set<std::string>& named,
               std::chrono::system_clock::time_point now = std::chrono::system_clock::now()) const;

  const std::string& directory() const { return directory_; }

 private:
  std::string path_of(const std::string& sha256) const { return directory_ + "/" + sha256; }

  std::string directory_;
};

}  // namespace livefix::releases
