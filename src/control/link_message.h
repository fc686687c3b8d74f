// Decodes what the keeper says.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/link.h"

namespace livefix::control {

Result<link::ToControl> decode_message(std::string_view bytes);

}  // namespace livefix::control
