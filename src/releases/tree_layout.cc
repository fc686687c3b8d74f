#include "releases/tree_layout.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "os/fd.h"

namespace livefix::releases {
namespace {

constexpr Milliseconds kPatience{600'000};  // gigabytes on a slow disk
constexpr std::uint64_t kSpareBytes = 16U << 20;

std::vector<std::string> variables(const TreeLayout& layout) {
  return {"GIT_WORK_TREE=" + layout.directory, "GIT_INDEX_FILE=" + layout.index_file};
}

}  // namespace

Status write_index(const Git& git, const TreeLayout& layout) {
  const auto read =
      git.run({.arguments = {"read-tree", layout.commit.hex()}, .environment = variables(layout)});
  if (!read) return std::unexpected(read.error());
  return {};
}

Status lay_out_tree(const Git& git, const TreeLayout& layout) {
  // Git need not sync the index, twice: it comes onto the disk with the files.
  const std::vector<std::string> unsynced{"-c", "core.fsync=none"};
  const auto with = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), unsynced.begin(), unsynced.end());
    return arguments;
  };
  const auto read = git.run(
      {.arguments = with({"read-tree", layout.commit.hex()}), .environment = variables(layout)});
  if (!read) return std::unexpected(read.error());
  // --force does not matter in an empty directory but for names that differ in a way that the file
  // system does not see: the last one wins, and is found as drift.
  const auto laid_out =
      git.run({.arguments = with({"checkout-index", "--all", "--force", "--index"}),
               .environment = variables(layout),
               .directory = layout.directory,
               .patience = kPatience});
  if (!laid_out) return std::unexpected(laid_out.error());
  return sync_file_system(layout.directory);
}

Status check_room(const std::string& directory, std::uint64_t bytes, std::uint64_t files) {
  struct statvfs status{};
  if (statvfs(directory.c_str(), &status) < 0) return fail_errno("{}", directory);
  const std::uint64_t free = status.f_bavail * status.f_frsize;
  // Each file ends in a block of its own.
  const std::uint64_t needed = bytes + files * status.f_frsize + kSpareBytes;
  if (free < needed) {
    return std::unexpected(Error{
        fmt::format("{}: a release of {} MiB does not fit, {} MiB are free; free some, or keep "
                    "fewer releases",
                    directory, needed >> 20, free >> 20),
        ENOSPC});
  }
  // Some file systems do not count files and say 0.
  if (status.f_files > 0 && status.f_favail < files) {
    return std::unexpected(
        Error{fmt::format("{}: a release of {} files does not fit, {} more can be made there",
                          directory, files, static_cast<std::uint64_t>(status.f_favail)),
              ENOSPC});
  }
  return {};
}

Status sync_file_system(const std::string& directory) {
  // One call for all: a sync of each of ten thousand small files takes minutes where this takes a
  // moment. It also waits for what others have written there.
  const os::Fd handle(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle || syncfs(handle.get()) < 0) return fail_errno("{}", directory);
  return {};
}

}  // namespace livefix::releases
