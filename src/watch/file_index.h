// What is known about the contents of the watched files, so that a save that changed nothing is no
// change. Contents are told apart by size, time and inode, and by a hash once a file was read.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace livefix::watch {

// The state of one path, symbolic links followed. A link to a directory is a file of its own
// whose contents are its target's name: a `current` that is pointed elsewhere is a change.
struct Fingerprint {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds
  std::optional<std::uint64_t> hash;
  bool is_link = false;
  // Looked at so soon after it was modified that another write could have left the same time.
  bool recent = false;

  bool same_stat(const Fingerprint& other) const {
    return device == other.device && inode == other.inode && size == other.size &&
           modified == other.modified;
  }
};

class FileIndex {
 public:
  explicit FileIndex(std::string root) : root_(std::move(root)) {}

  struct Comparison {
    bool changed = false;
    // False: the file is missing or empty, as files are in the middle of a save.
    bool settled = true;
    std::optional<Fingerprint> now;  // nullopt: it is not there
  };

  // Takes in the file as it is, as known. Nothing happens when it is not there.
  void learn(const std::string& path);
  // With what was known; reads the file when only that can tell.
  Comparison compare(const std::string& path) const;
  void accept(const std::string& path, const Comparison& comparison);
  // Reads files that were not read yet; true while there are more.
  bool read_some(std::size_t files);

  bool contains(std::string_view path) const { return files_.contains(path); }
  std::size_t size() const { return files_.size(); }
  // Known files below a directory, or all with "".
  std::vector<std::string> below(std::string_view directory) const;
  // Known files that are symbolic links.
  std::vector<std::string> links() const;
  // Known files whose size, time or inode is another now, or that are gone.
  std::vector<std::string> stale() const;

  std::string absolute(std::string_view path) const;

 private:
  void put(const std::string& path, const Fingerprint& fingerprint);

  const std::string root_;
  std::map<std::string, Fingerprint, std::less<>> files_;
  std::vector<std::string> unread_;
  std::size_t link_count_ = 0;
};

}  // namespace livefix::watch
