// What a framer says about the bytes that it was given.
#pragma once

#include <cstddef>
#include <cstdint>

namespace livefix::http {

enum class BodyState : std::uint8_t { more, done, malformed };

struct BodyProgress {
  std::size_t bytes = 0;  // how many of them belong to the body
  BodyState state = BodyState::more;
};

}  // namespace livefix::http
