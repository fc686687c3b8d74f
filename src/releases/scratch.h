// A directory for what is only needed for a moment, on the file system where its result will lie.
// Gone with this object; what a crash left is removed when its place is opened the next time.
// Belongs to one thread.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace livefix::releases {

class Scratch {
 public:
  // `prefix` ends in ".tmp-": PREFIXabc123.
  static Result<Scratch> make(const std::string& prefix);
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();

  const std::string& path() const { return path_; }
  void release() { path_.clear(); }  // it has another name now

 private:
  explicit Scratch(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

// And no symbolic link to one.
bool is_directory(const std::string& path);

// Removes what scratches have left in `directory`: names with ".tmp-" in them that begin with `of`.
void remove_scratch(const std::string& directory, std::string_view of = {});

// Removes a file, or a directory with all that is in it, also where programs have made directories
// read-only (the module cache of Go). Follows no symbolic link. Absent is as good as removed. After
// `stop` was asked for it returns soon, and leaves the rest.
Status remove_tree(const std::string& path, const std::stop_token& stop = {});

}  // namespace livefix::releases
