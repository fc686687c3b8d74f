#include "http/trace_context.h"

#include <algorithm>
#include <cstring>

namespace livefix::http {
namespace {

constexpr std::size_t kTraceAt = 3;
constexpr std::size_t kTraceSize = 32;
constexpr std::size_t kParentAt = 36;
constexpr std::size_t kParentSize = 16;
constexpr std::size_t kFlagsAt = 53;
constexpr std::size_t kSizeOfVersion0 = 55;

// Upper case is not valid (section 3.2.2).
bool is_lowercase_hexadecimal(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view digits) {
  return digits.find_first_not_of('0') == std::string_view::npos;
}

bool is_trace_number(std::string_view text) {
  return is_lowercase_hexadecimal(text) && !is_zero(text);
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view value) {
  if (value.size() < kSizeOfVersion0) return std::nullopt;
  const auto version = value.substr(0, 2);
  if (!is_lowercase_hexadecimal(version) || version == "ff") return std::nullopt;
  if (value[kTraceAt - 1] != '-' || value[kParentAt - 1] != '-' || value[kFlagsAt - 1] != '-') {
    return std::nullopt;
  }
  if (value.size() > kSizeOfVersion0 && (version == "00" || value[kSizeOfVersion0] != '-')) {
    return std::nullopt;
  }
  const TraceContext trace{value.substr(kTraceAt, kTraceSize), value.substr(kParentAt, kParentSize),
                           value.substr(kFlagsAt, 2)};
  const bool is_valid = is_trace_number(trace.trace_id) && is_trace_number(trace.parent_id) &&
                        is_lowercase_hexadecimal(trace.flags);
  return is_valid ? std::optional(trace) : std::nullopt;
}

TraceParent::TraceParent(const RequestId& trace, RequestIdSource& ids) {
  constexpr std::string_view kForm = "00-00000000000000000000000000000001-0000000000000001-01";
  static_assert(kForm.size() == kSizeOfVersion0);
  std::memcpy(text_.data(), kForm.data(), kForm.size());
  // Of 2^128 ids one is no trace's, of 2^64 one no span's: then the form's own stands.
  const auto put = [this](std::size_t at, std::string_view digits) {
    if (!is_zero(digits)) std::memcpy(text_.data() + at, digits.data(), digits.size());
  };
  put(kTraceAt, trace.view());
  put(kParentAt, ids.next().view().substr(0, kParentSize));
}

}  // namespace livefix::http
