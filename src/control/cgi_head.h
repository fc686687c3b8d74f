// The head that a CGI program writes before its body (RFC 3875 section 6.2). Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace livefix::control {

struct CgiHead {
  unsigned status = 200;
  // Those that a client gets: about the contents and how long they keep. How the body is framed is
  // for whoever sends it.
  std::vector<std::pair<std::string, std::string>> fields;
  std::size_t size = 0;  // of the head, its empty line included
};

// nullopt: `text` is no whole head yet. The error is a sentence about the program.
Result<std::optional<CgiHead>> parse_cgi_head(std::string_view text);

}  // namespace livefix::control
