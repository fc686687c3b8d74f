#include "keeper/unit.h"

namespace livefix::keeper {

link::UnitSnapshot Unit::snapshot() const {
  link::UnitSnapshot result;
  result.unit = id;
  result.label = label;
  result.directory = directory;
  result.pid = leader;
  result.wait_status = wait_status;
  result.phase = phase;
  result.age = std::chrono::duration_cast<Milliseconds>(Clock::now() - started);
  for (const auto& substitute : substitutes) {
    if (substitute.listening) result.listening.push_back(substitute.where);
  }
  return result;
}

}  // namespace livefix::keeper
