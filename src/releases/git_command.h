// The Git command line, run on one repository. A value that is cheap to copy.
//
// Everything in a repository came from somebody else, so Git is run with an environment of our
// own (no user's or system's configuration, no replaced objects), without hooks, monitors, filters,
// pagers and editors, with paths taken literally, and without any way to another repository
// (docs/releases.md has the list). What it prints of commits and paths is still a stranger's text:
// escape it before it reaches a terminal or a page.
//
// All calls block. Control makes them on a background thread, one at a time; none takes a lock of
// its own. Git is killed with the thread that waits for it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace livefix::releases {

// Where the objects of a push lie until it is accepted, as git-receive-pack(1) tells its
// pre-receive hook in the variables named here. They go with the push.
struct Quarantine {
  std::string object_directory;       // GIT_OBJECT_DIRECTORY
  std::string alternate_directories;  // GIT_ALTERNATE_OBJECT_DIRECTORIES
  std::string quarantine_path;        // GIT_QUARANTINE_PATH
};

struct GitCall {
  std::vector<std::string> arguments;      // "read-tree", "--prefix=a/", ...
  std::vector<std::string> environment{};  // on top of ours, "NAME=value"
  std::string_view input{};                // standard input
  std::string directory{};                 // where it runs; empty: the repository
  Milliseconds patience{60'000};
  std::size_t most_output = 64U << 20;  // bytes
  bool cut_output = false;              // more than that is left out, and is no failure
  int highest_answer = 0;               // exit statuses up to this are answers, not failures
};

struct GitAnswer {
  std::string output;
  std::string errors;  // the last 4 KiB
  int exit_status = 0;
  bool cut = false;
};

class Git {
 public:
  // `git_dir` is the path of a bare repository.
  explicit Git(std::string git_dir) : git_dir_(std::move(git_dir)) {}

  // Sees the objects of a push besides its own. Fails when they are gone, or lie outside of this
  // repository.
  Result<Git> within(const Quarantine& quarantine) const;

  // An error holds the last lines of what Git complained of.
  Result<GitAnswer> run(const GitCall& call) const;
  // Its output without the newline at the end.
  Result<std::string> ask(std::vector<std::string> arguments) const;

  const std::string& git_dir() const { return git_dir_; }

 private:
  std::vector<std::string> environment(const GitCall& call) const;

  std::string git_dir_;
  std::vector<std::string> quarantine_;  // variables
};

// The entries of a list in which each ends with NUL.
std::vector<std::string_view> split_list(std::string_view list);
// The lines of a text, without their ends.
std::vector<std::string_view> split_lines(std::string_view text);

}  // namespace livefix::releases
