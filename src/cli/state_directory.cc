#include "cli/state_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "cli/config_paths.h"
#include "cli/surroundings.h"

namespace livefix::cli {
namespace {

constexpr mode_t kForItsOwner = 0700;  // code and its secrets, and the socket that stops it all

// errno says why not.
bool make_directories(const std::filesystem::path& path) {
  if (mkdir(path.c_str(), kForItsOwner) == 0 || errno == EEXIST) return true;
  if (errno != ENOENT || !path.has_relative_path()) return false;
  if (!make_directories(path.parent_path())) return false;
  return mkdir(path.c_str(), kForItsOwner) == 0 || errno == EEXIST;
}

// Tried and not asked for: permissions say nothing of file systems that are read-only, or that
// take root for nobody. errno says why not.
bool can_write_to(const std::string& path) {
  auto probe = path + "/.probe-XXXXXX";
  return mkdtemp(probe.data()) && rmdir(probe.c_str()) == 0;
}

}  // namespace

std::string choose_state_directory(const std::string& given, const std::string& file,
                                   const UserInterface& user) {
  if (!given.empty()) return resolved_path(user.current_directory, given);
  if (!user.livefix_directory.empty()) return resolved_path("/", user.livefix_directory);
  return resolved_path(std::filesystem::path(file).parent_path().string(), ".livefix");
}

Status make_state_directory(const std::string& path) {
  constexpr std::string_view kElse = "name another with --state DIR";
  const auto refuse = [&](std::string_view what, std::string_view remedy) {
    const int saved = errno;
    return fail("the state directory {} {}: {}; {}, or {}", path, what, std::strerror(saved),
                remedy, kElse);
  };
  if (!make_directories(path)) {
    return refuse("cannot be made", "make it with: install -d -m 700 -o USER DIR");
  }
  if (!is_directory(path)) return fail("the state directory {} is no directory; {}", path, kElse);
  if (!can_write_to(path)) return refuse("cannot be written", "let this user own it");
  return {};
}

}  // namespace livefix::cli
