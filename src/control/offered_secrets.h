// The secrets in an Authorization header, whoever sent it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace livefix::control {

// Of "Bearer TOKEN" (RFC 6750 section 2.1) the token; of "Basic ..." (RFC 7617) the password and
// the user name, in this order, each if it is not empty: Git takes a token for either, as in
// http://TOKEN@host and http://anna:TOKEN@host. Empty: it is neither, or not well formed.
std::vector<std::string> offered_secrets(std::string_view authorization);

}  // namespace livefix::control
