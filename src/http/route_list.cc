#include "http/route_list.h"

#include <algorithm>

namespace livefix::http {

// As long as they are the same nothing has to be taken apart, and most patterns end here.
bool fits_route(std::string_view pattern, std::string_view path) {
  std::size_t at = 0;  // of the pattern
  std::size_t in = 0;  // of the path
  char before = '\0';
  while (at < pattern.size()) {
    const bool begins = before == '/';
    before = pattern[at];
    if (begins && before == ':') {
      const std::size_t end = std::min(path.find('/', in), path.size());
      if (end == in) return false;
      at = std::min(pattern.find('/', at), pattern.size());
      in = end;
    } else if (begins && before == '*' && at + 1 == pattern.size()) {
      return true;
    } else if (in == path.size() || path[in] != before) {
      return false;
    } else {
      ++at;
      ++in;
    }
  }
  return in == path.size();
}

RouteList::RouteList(std::span<const std::string> patterns) {
  for (const std::string& text : patterns) patterns_.emplace_back().set(text);
}

const RoutePattern* RouteList::find(std::string_view target) const {
  if (patterns_.empty()) return nullptr;
  const auto path = RoutePattern::path_of(target);
  const auto found = std::ranges::find_if(
      patterns_, [path](const RoutePattern& one) { return fits_route(one.text(), path); });
  return found == patterns_.end() ? nullptr : &*found;
}

}  // namespace livefix::http
