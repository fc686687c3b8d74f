// One pass over the field lines of a head, strict as RFC 9112 section 5 allows: CRLF ends a line,
// no folding, no blank before the colon, no control bytes.
#pragma once

#include "http/head.h"

namespace livefix::http {

// Scans from `at` to the empty line. The size in Complete counts from the start of `input`.
// A refusal comes from the first offending byte, so a prefix of the input gives the same refusal
// or NeedsMore. The status is 400, or 431 for too many fields.
ScanOutcome scan_fields(std::string_view input, std::size_t at, FieldList& fields);

// Expects CRLF at `at`; Complete's size is behind it.
ScanOutcome scan_line_end(std::string_view input, std::size_t at);

}  // namespace livefix::http
