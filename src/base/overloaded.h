// For std::visit: a function for each alternative of a variant, written where it is visited.
#pragma once

namespace livefix {

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};

}  // namespace livefix
