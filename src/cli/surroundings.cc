#include "cli/surroundings.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "os/capture.h"
#include "os/fd.h"

namespace livefix::cli {
namespace {

constexpr Milliseconds kPatienceWithNode{5000};

std::vector<std::string> directories_of(std::string_view search_path) {
  std::vector<std::string> result;
  while (!search_path.empty()) {
    const auto end = std::min(search_path.find(':'), search_path.size());
    if (end > 0) result.emplace_back(search_path.substr(0, end));
    search_path.remove_prefix(std::min(end + 1, search_path.size()));
  }
  return result;
}

std::optional<NodeVersion> ask_node() {
  const auto printed =
      os::capture({.command = {"node", "--version"}, .patience = kPatienceWithNode});
  NodeVersion version;
  if (!printed || std::sscanf(printed->c_str(), "v%d.%d", &version.major, &version.minor) != 2) {
    return std::nullopt;
  }
  return version;
}

}  // namespace

Surroundings Surroundings::of_process(std::string directory) {
  const char* search_path = std::getenv("PATH");
  return {.directory = std::move(directory),
          .search_path = search_path ? search_path : "/usr/local/bin:/usr/bin:/bin",
          .node_version = ask_node};
}

std::string Surroundings::absolute(std::string_view path) const {
  return (std::filesystem::path(directory) / path).lexically_normal().string();
}

std::optional<std::string> Surroundings::find_program(std::string_view command) const {
  if (command.find('/') != std::string_view::npos) {
    const auto path = absolute(command);
    return is_executable_file(path) ? std::optional(path) : std::nullopt;
  }
  for (const auto& place : directories_of(search_path)) {
    auto path = absolute(place) + '/' + std::string(command);
    if (is_executable_file(path)) return path;
  }
  return std::nullopt;
}

std::vector<std::string> Surroundings::program_names() const {
  std::vector<std::string> result;
  for (const auto& place : directories_of(search_path)) {
    std::ranges::move(names_in(absolute(place)), std::back_inserter(result));
  }
  std::ranges::sort(result);
  const auto repeated = std::ranges::unique(result);
  result.erase(repeated.begin(), repeated.end());
  return result;
}

bool is_regular_file(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_executable_file(const std::string& path) {
  return is_regular_file(path) && access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> result;
  std::error_code error;
  auto at = std::filesystem::directory_iterator(directory, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    result.push_back(at->path().filename().string());
  }
  std::ranges::sort(result);
  return result;
}

std::string beginning_of(const std::string& path, std::size_t size) {
  const os::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return {};
  std::string result(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count = read(file.get(), result.data() + filled, size - filled);
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  result.resize(filled);
  return result;
}

std::string_view base_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view extension_of(std::string_view path) {
  const auto name = base_name(path);
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view{} : name.substr(dot + 1);
}

}  // namespace livefix::cli
