// A copy of a directory that costs as little as the file system allows: shared blocks (FICLONE,
// ioctl_ficlone(2): Btrfs, XFS), else a second name for the same file (link(2)), else its bytes.
// Blocks for as long as that takes; no lock, no thread of its own.
//
// Of two names of one file a program that writes into it in place changes both. Package managers
// replace files, so this is what `keep` directories can bear; nothing else is copied so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace livefix::releases {

enum class CopyWay : std::uint8_t { clone, link, bytes };

struct CopyRequest {
  int source;          // a directory; no symbolic link below it is followed
  std::string target;  // made; must not be there
  // Absolute links to below the first are made to point below the second: a copy must not hold on
  // to the release that it came from. Empty: none is.
  std::string old_root{};
  std::string new_root{};
  CopyWay first_way = CopyWay::clone;  // what is tried first, for all that follow it
};

struct CopyCount {
  std::size_t cloned = 0;
  std::size_t linked = 0;
  std::size_t copied = 0;
  std::size_t symbolic_links = 0;
  std::size_t directories = 0;
  std::size_t left_out = 0;  // sockets, pipes, devices

  std::size_t files() const { return cloned + linked + copied; }
};

// Modes and times of files are kept (Python compares times with those in its caches). The error
// names the path; then part of the target is there. Nothing is synced.
Result<CopyCount> copy_tree(const CopyRequest& request);

}  // namespace livefix::releases
