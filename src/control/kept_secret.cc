#include "control/kept_secret.h"

#include <fmt/format.h>

#include <cstdlib>

#include "os/small_file.h"

namespace livefix::control {
namespace {

constexpr std::size_t kMostSecret = 64 * 1024;

}  // namespace

Result<std::string> read_secret(const SecretPlace& place, const SecretWords& words) {
  std::string secret;
  if (!place.file.empty()) {
    auto read = os::read_small_file(std::string(place.file), kMostSecret);
    if (!read) return fail("its {} {}: {}", words.file, place.file, read.error().message);
    secret = std::move(*read);
  } else if (const char* value = std::getenv(std::string(place.variable).c_str())) {
    secret = value;  // nobody sets any
  }
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  if (!secret.empty()) return secret;
  return place.file.empty()
             ? fail("the environment of livefix has no {}, {}", place.variable, words.what)
             : fail("its {} {} is empty; write {} into it", words.file, place.file, words.of_file);
}

}  // namespace livefix::control
