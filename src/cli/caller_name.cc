#include "cli/caller_name.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace livefix::cli {
namespace {

std::string user_name() {
  for (const char* name : {"SUDO_USER", "USER", "LOGNAME"}) {
    if (const char* value = std::getenv(name); value && *value) return value;
  }
  // A service manager and docker exec set none of these.
  const passwd* entry = getpwuid(getuid());
  return entry ? entry->pw_name : fmt::format("uid-{}", getuid());
}

}  // namespace

std::string caller_name() {
  std::string name = user_name();
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_';
    if (!plain) c = '-';
  }
  return name;
}

}  // namespace livefix::cli
