// git http-backend(1) for one request: the command and its environment. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "control/git_http_settings.h"
#include "control/git_request.h"

namespace livefix::control {

std::vector<std::string> git_backend_command();

// The whole of it: nothing of livefix's own environment, of the client nothing as it wrote it.
// `search_path` is PATH. `length` of a body, where it is known.
std::vector<std::string> git_backend_environment(
    const GitHttpSettings& settings, const GitRequest& request, const std::string& token_name,
    const Address& client, std::optional<std::uint64_t> length, const std::string& search_path);

}  // namespace livefix::control
