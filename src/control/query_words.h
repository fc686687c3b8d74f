// What the queries of several routes of the control API have in common.
#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "control/control_api.h"
#include "model/run_spec.h"

namespace livefix::control {

// A whole number and nothing else; nullopt: it is none, or too large.
template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return number;
}

// The index of `service=`; nullopt: nobody asked for one. The error names those that there are.
Result<std::optional<std::size_t>> asked_service(const ApiRequest& request, const RunSpec& run);

}  // namespace livefix::control
