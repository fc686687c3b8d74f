// Scans the head of a request, strict as RFC 9112 allows and RFC 9110 asks of a gateway.
#pragma once

#include <string_view>

#include "http/head.h"

namespace livefix::http {

// Fills `head` when the outcome is Complete; else it holds nothing of use. `input` may go on
// behind the head. One CRLF in front is passed over and counts into the size (RFC 9112 section
// 2.2). Giving more of the same input never changes an outcome other than NeedsMore.
ScanOutcome scan_request(std::string_view input, RequestHead& head);

// Names of methods are case-sensitive (RFC 9110 section 9.1).
Method method_of(std::string_view name);

}  // namespace livefix::http
