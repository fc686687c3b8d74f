// Which route of the control API a request means, by whichever way it came. Pure.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "control/control_api.h"

namespace livefix::control {

struct ApiMatch {
  const ControlApi::Route* route = nullptr;  // of those that were given
  ApiRequest request;
};

// `target`: "/v1/reload?service=shop". The error is the answer: 404, 405, or 400 for a query that
// the route does not take.
std::expected<ApiMatch, ApiAnswer> match_api(std::span<const ControlApi::Route> routes,
                                             std::string_view method, const std::string& target,
                                             std::string body);

}  // namespace livefix::control
