#include "control/plan_memory.h"

#include <algorithm>

namespace livefix::control {
namespace {

bool has_traffic(const RoutingPlan& plan, UnitId unit) {
  return std::ranges::any_of(plan.generations, [&](const GenerationRoute& route) {
    return route.generation == unit && route.weight > 0;
  });
}

}  // namespace

Remembered remember_by_plan(const link::ServiceSnapshot& service) {
  Remembered remembered;
  for (const link::UnitSnapshot& unit : service.units) {
    const Release* known = nullptr;
    for (const Release& release : remembered.commits) {
      if (release.directory == unit.directory) known = &release;
    }
    if (!known) {
      const auto number = static_cast<std::uint32_t>(remembered.commits.size() + 1);
      std::string name = unit.label.substr(unit.label.rfind(' ') + 1);  // "build 7f3c2d1"
      remembered.commits.push_back({number, std::move(name), unit.directory});
      known = &remembered.commits.back();
    }
    if (!remembered.kept && has_traffic(service.plan, unit.unit)) remembered.kept = *known;
  }
  return remembered;
}

}  // namespace livefix::control
