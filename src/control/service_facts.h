// What metrics say of the services beside what is counted: which generations there are, and what
// they are called.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace livefix::control {

struct GenerationFacts {
  UnitId id{};
  std::string release;
  std::string_view state;  // "serving"
  std::vector<pid_t> pids;
};

struct ServiceFacts {
  std::string name;
  std::size_t index = 0;
  std::vector<GenerationFacts> generations;
};

}  // namespace livefix::control
