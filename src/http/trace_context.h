// The trace that a request belongs to (W3C Trace Context, the field `traceparent`): whether one
// that came along is valid, and new ones. No memory of its own, no system calls.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "http/request_id.h"

namespace livefix::http {

// Views of the value that it was read from.
struct TraceContext {
  std::string_view trace_id;   // 32 hexadecimal digits in lower case, not all of them 0
  std::string_view parent_id;  // 16 of them
  std::string_view flags;      // 2 of them
};

// Nothing: it is none, and whoever gets it has to begin a trace of its own (section 4.3).
// A later version may have more behind it, which is left alone (section 3.2.4).
std::optional<TraceContext> parse_traceparent(std::string_view value);

// A trace that begins here: "00-TRACE-SPAN-01".
//
// It says that it was sampled. The recommendation would rather have 00 of somebody who decides
// nothing, but programs with OpenTelemetry record, unless told otherwise, what their caller says
// (parentbased_always_on): 00 would end every trace that they make now, as soon as livefix is in
// front of them. And 01 is no lie: it means that the caller may have recorded the request
// (section 3.2.2.5.1), which livefix does with those that fail.
class TraceParent {
 public:
  // `trace` becomes the id of the trace, so that a request's id is found in both.
  TraceParent(const RequestId& trace, RequestIdSource& ids);

  std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 55> text_;
};

}  // namespace livefix::http
