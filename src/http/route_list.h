// The routes that a service lists by itself: /user/:name, /files/*. Made once for a plan, asked on
// the way of each request. Safe on any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/route_pattern.h"

namespace livefix::http {

// Segment by segment: one that begins with ':' stands for any that is not empty, `*` at the end for
// whatever comes there, also for nothing. All else is compared as it was sent.
bool fits_route(std::string_view pattern, std::string_view path);

class RouteList {
 public:
  RouteList() = default;
  // Of at most RoutePattern::kMaxBytes each.
  explicit RouteList(std::span<const std::string> patterns);

  // The first that fits; nullptr: none does. Valid as long as this.
  const RoutePattern* find(std::string_view target) const;

 private:
  std::vector<RoutePattern> patterns_;
};

}  // namespace livefix::http
