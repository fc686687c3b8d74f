// What a service is called when nobody says.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/service_spec.h"

namespace livefix::cli {

// From package.json, go.mod or pyproject.toml in `directory`, that of the runtime first; else the
// directory's own name. Always a valid name.
std::string service_name(const std::string& directory, Runtime runtime);

// Names are file names and parts of URLs: a-z, 0-9 and single hyphens between them, 1 to 40
// characters. Anything else is replaced; what nothing is left of becomes "service".
std::string valid_name(std::string_view text);

// Of the value of an option: a sentence with its valid form when it is not valid as it is.
Status check_name(std::string_view option, const std::string& name);

}  // namespace livefix::cli
