#include "control/query_words.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>

namespace livefix::control {

Result<std::optional<std::size_t>> asked_service(const ApiRequest& request, const RunSpec& run) {
  const auto service = request.parameter("service");
  if (service.empty()) return std::nullopt;
  const auto names = run.services | std::views::transform(&ServiceSpec::name);
  const auto found = std::ranges::find(names, service);
  if (found == names.end()) {
    return fail("there is no service {} here; there is {}", service, fmt::join(names, ", "));
  }
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace livefix::control
