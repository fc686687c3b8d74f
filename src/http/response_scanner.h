// Scans the head of a response, as strictly as that of a request: a program that two readers
// could understand differently would let one client read another's answer.
#pragma once

#include <string_view>

#include "http/head.h"

namespace livefix::http {

// As scan_request. Every refusal has status 502.
ScanOutcome scan_response(std::string_view input, ResponseHead& head);

}  // namespace livefix::http
