// Secrets of whoever is told something: they are in no configuration and in no message between
// roles, only where they are to be found. Read anew each time, so that they can be replaced.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace livefix::control {

struct SecretPlace {
  std::string_view file;      // absolute; or
  std::string_view variable;  // of the environment
};

// How the error says it.
struct SecretWords {
  std::string_view file;     // "secret_file"
  std::string_view what;     // "its secret"
  std::string_view of_file;  // "the secret"
};

// Without the end of its line, and not empty. The error names where it was looked for, never what
// was found.
Result<std::string> read_secret(const SecretPlace& place, const SecretWords& words);

}  // namespace livefix::control
