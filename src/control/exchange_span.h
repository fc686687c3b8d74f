// The span of a request that failed, as OpenTelemetry's conventions for HTTP servers have it. Pure.
#pragma once

#include <string_view>

#include "control/otlp_span.h"
#include "http/request_id.h"
#include "observe/redaction.h"

namespace livefix::control {

// `symptom`: its id; empty: not known. The span is what the program's own have for their parent if
// the trace began here, else one beside them; `ids` makes what is needed for that.
TraceSpan exchange_span(const observe::ShownExchange& exchange, std::string_view service,
                        std::string_view symptom, http::RequestIdSource& ids);

}  // namespace livefix::control
