// What the command line is looked at in: the directory and the programs that are installed. Tests
// build their own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace livefix::cli {

struct NodeVersion {
  int major = 0;
  int minor = 0;
};

struct Surroundings {
  std::string directory;    // absolute: where the program is to run
  std::string search_path;  // PATH
  std::function<std::optional<NodeVersion>()> node_version;  // of the `node` in search_path

  // Those of this process, with the program to run in `directory`.
  static Surroundings of_process(std::string directory);

  // `path` as the program will see it.
  std::string absolute(std::string_view path) const;
  // The executable file that `command` names: by its path if it has a slash, else in the search
  // path.
  std::optional<std::string> find_program(std::string_view command) const;
  // The names of all programs in the search path, sorted, each once.
  std::vector<std::string> program_names() const;
};

bool is_regular_file(const std::string& path);
bool is_directory(const std::string& path);
bool is_executable_file(const std::string& path);
// Names in a directory; empty when it cannot be read.
std::vector<std::string> names_in(const std::string& directory);
// The first bytes of a file, at most `size`.
std::string beginning_of(const std::string& path, std::size_t size);
// The last part of a path, "server.js"; its extension without dot, "js", or "".
std::string_view base_name(std::string_view path);
std::string_view extension_of(std::string_view path);

}  // namespace livefix::cli
