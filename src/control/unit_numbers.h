// How the units of several services are numbered: no two have the same number, and the number says
// whose it is, whatever was forgotten. Of n services the one with index i has i, i + n, i + 2n ...;
// a service alone 1, 2, 3. Pure.
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace livefix::control {

struct UnitNumbers {
  std::uint32_t service_index = 0;
  std::uint32_t services = 1;

  bool has(UnitId unit) const { return number(unit) % services == service_index; }
  // The first one behind `last`, whose ever that is.
  UnitId after(UnitId last) const {
    const std::uint32_t next = number(last) + 1;
    return UnitId{next + (service_index + services - next % services) % services};
  }
  // How many there are up to `last`.
  std::uint32_t count(UnitId last) const {
    const std::uint32_t first = number(after(UnitId{0}));
    return number(last) < first ? 0 : (number(last) - first) / services + 1;
  }
};

}  // namespace livefix::control
