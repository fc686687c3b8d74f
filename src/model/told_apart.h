// Whether two services can share a public address: requests are told apart by host and path alone
// there (proxy/service_router.h). Pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "model/traffic_spec.h"

namespace livefix {

// "/api/" and "/api" are one; "/" is every path.
constexpr std::string_view without_last_slash(std::string_view path) {
  return path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

// They are when no host and path belongs to both: one that is more special is not another's.
inline bool told_apart(const TrafficSpec& one, const TrafficSpec& other) {
  // What is passed on as bytes has no names.
  if (one.protocol != Protocol::http || other.protocol != Protocol::http) return false;
  const auto share = [](const std::vector<std::string>& left,
                        const std::vector<std::string>& right) {
    static const std::vector<std::string> any{""};
    return std::ranges::any_of(left.empty() ? any : left, [&](std::string_view text) {
      return std::ranges::any_of(right.empty() ? any : right, [&](std::string_view with) {
        return without_last_slash(text) == without_last_slash(with);
      });
    });
  };
  return !share(one.match.hosts, other.match.hosts) || !share(one.match.paths, other.match.paths);
}

}  // namespace livefix
