// For tests: a directory that goes away again.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace livefix::cli {

class TemporaryTree {
 public:
  TemporaryTree() {
    char pattern[] = "/tmp/livefix-cli-XXXXXX";
    root_ = mkdtemp(pattern);
  }
  ~TemporaryTree() { std::filesystem::remove_all(root_); }
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;

  std::string path(const std::string& relative = "") const {
    return relative.empty() ? root_.string() : (root_ / relative).string();
  }
  void file(const std::string& relative, const std::string& contents = "") const {
    std::filesystem::create_directories((root_ / relative).parent_path());
    std::ofstream(root_ / relative) << contents;
  }
  void program(const std::string& relative, const std::string& contents = "#!/bin/sh\n") const {
    file(relative, contents);
    std::filesystem::permissions(root_ / relative, std::filesystem::perms::owner_all);
  }
  void directory(const std::string& relative) const {
    std::filesystem::create_directories(root_ / relative);
  }

 private:
  std::filesystem::path root_;
};

}  // namespace livefix::cli
