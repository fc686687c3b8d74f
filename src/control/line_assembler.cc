#include "control/line_assembler.h"

#include <algorithm>
#include <utility>

namespace livefix::control {

std::vector<std::string> LineAssembler::feed(std::string_view bytes) {
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    const std::size_t room = kMaxLine - rest_.size();
    const auto end = bytes.substr(0, room + 1).find('\n');
    const bool whole = end != std::string_view::npos;
    const std::size_t taken = whole ? end : std::min(room, bytes.size());
    rest_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken + (whole ? 1 : 0));
    if (whole || (rest_.size() == kMaxLine && !bytes.empty())) lines.push_back(take_rest());
  }
  return lines;
}

std::string LineAssembler::take_rest() {
  return std::exchange(rest_, {});
}

}  // namespace livefix::control
