#include "cli/caller_name.h"

#include <cstdlib>

namespace livefix::cli {

std::string caller_name() {
  for (const char* name : {"SUDO_USER", "USER", "LOGNAME"}) {
    const char* value = std::getenv(name);
    if (!value || !*value) continue;
    std::string text(value);
    for (char& c : text) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '.' || c == '_';
      if (!plain) c = '-';
    }
    return text;
  }
  return "somebody";
}

}  // namespace livefix::cli
