// What a console has written so far, for tests whose console writes into a pipe.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <string>

#include "control/console.h"
#include "os/fd.h"

namespace livefix::control::testing {

// At most 4,096 bytes, which are taken. `reader` does not block.
inline std::string shown_on(Console& console, const os::Fd& reader) {
  console.drain();
  std::string text(4096, '\0');
  const ssize_t size = ::read(reader.get(), text.data(), text.size());
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return text;
}

}  // namespace livefix::control::testing
