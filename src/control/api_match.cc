#include "control/api_match.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <ranges>

namespace livefix::control {
namespace {

// nullopt: not of the form "name=value&name=value".
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const auto one = query.substr(0, query.find('&'));
    const auto equals = one.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    parameters.emplace_back(one.substr(0, equals), one.substr(equals + 1));
    query.remove_prefix(std::min(one.size() + 1, query.size()));
  }
  return parameters;
}

std::string_view method_name(ControlApi::Method method) {
  return method == ControlApi::Method::get ? "GET" : "POST";
}

}  // namespace

std::expected<ApiMatch, ApiAnswer> match_api(std::span<const ControlApi::Route> routes,
                                             std::string_view method, const std::string& target,
                                             std::string body) {
  ApiRequest request{target.substr(0, target.find('?')), {}, std::move(body)};
  const std::string query = target.substr(std::min(request.path.size() + 1, target.size()));
  const auto route = std::ranges::find(routes, request.path, &ControlApi::Route::path);
  if (route == routes.end()) {
    const auto known = routes | std::views::transform([](const ControlApi::Route& one) {
                         return fmt::format("{} {}", method_name(one.method), one.path);
                       });
    return std::unexpected(api_outcome(
        404, false,
        fmt::format("there is no {}; there is {}", request.path, fmt::join(known, ", "))));
  }
  if (method != method_name(route->method)) {
    return std::unexpected(api_outcome(
        405, false, fmt::format("{} takes {}", request.path, method_name(route->method))));
  }
  auto parameters = parse_query(query);
  const bool fits =
      parameters && std::ranges::all_of(*parameters, [&](const auto& parameter) {
        return std::ranges::find(route->parameters, parameter.first) != route->parameters.end();
      });
  if (!fits) {
    const std::string takes =
        route->parameters.empty()
            ? "nothing behind a ?"
            : fmt::format("only {}=...", fmt::join(route->parameters, "=..., "));
    return std::unexpected(api_outcome(
        400, false, fmt::format("{} takes {}, and ?{} came", request.path, takes, query)));
  }
  request.query = std::move(*parameters);
  return ApiMatch{&*route, std::move(request)};
}

}  // namespace livefix::control
