// The key that passes to previews are signed with (model/preview_pass.h), in a file of the state
// directory, so that a link is good as long as it says whatever is started again meanwhile.
#pragma once

#include <string>

#include "base/result.h"

namespace livefix::control {

inline constexpr std::string_view kPreviewKeyFile = "preview-key";

// What is in the file; where there is none, a new key, which is in the file on return. The error is
// a sentence that names the file: others may read it, it is no such file, or cannot be written.
Result<std::string> preview_key_in(const std::string& state_directory);

}  // namespace livefix::control
