// GCC 12 takes the strings of alternatives that a variant does not hold for uninitialised ones, and
// looks at the place where <string> was included to see whether to say so. Hence a file of its own.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#include "control/link_message.h"

#include "model/codec.h"

namespace livefix::control {

Result<link::ToControl> decode_message(std::string_view bytes) {
  return codec::decode<link::ToControl>(bytes);
}

}  // namespace livefix::control
