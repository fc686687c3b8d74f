// What GET /v1/routes says, as a table for people.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace livefix::cli {

// The routes of the generations that serve, those with the most requests first; `all`: of the
// others, too. Fails on what is no such answer.
Result<std::string> route_table(std::string_view text, bool all);

}  // namespace livefix::cli
