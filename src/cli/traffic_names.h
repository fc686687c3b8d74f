// The names that requests are recognised by, as a configuration file may write them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace livefix::cli {

// "shop.example.com", "*.example.com", "127.0.0.1", "[::1]": in lower case, without the dot that
// may end a name. The error says what was given and what to write, as for the others here.
Result<std::string> parse_host(std::string_view text);

// "/api" or "/": without the slash that may end it.
Result<std::string> parse_path_prefix(std::string_view text);

// "/user/:name", "/files/*": as http/route_list.h has them, of at most 96 bytes.
Result<std::string> parse_route(std::string_view text);

// The name of a field that the proxy may look at or set freely: none that frames messages or that
// the proxy writes by itself. Empty: none.
Result<std::string> parse_field_name(std::string_view text);

// Empty: none.
Result<std::string> parse_cookie_name(std::string_view text);

}  // namespace livefix::cli
