#include "control/exchange_span.h"

#include <fmt/format.h>

#include <string>

#include "http/head.h"
#include "http/request_scanner.h"
#include "http/trace_context.h"
#include "model/grpc_status.h"

namespace livefix::control {
namespace {

constexpr std::size_t kSpanDigits = 16;
constexpr int kFirstServerError = 500;

void place_in_trace(TraceSpan& span, const observe::ExchangeRecord& about,
                    http::RequestIdSource& ids) {
  const auto trace = http::parse_traceparent(about.traceparent);
  span.trace_id = trace ? trace->trace_id : ids.next().view();
  if (trace && about.trace_begins) {
    span.span_id = trace->parent_id;
    return;
  }
  if (trace) span.parent_id = trace->parent_id;
  span.span_id = ids.next().view().substr(0, kSpanDigits);
}

void add_target(TraceSpan& span, std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  span.attributes.push_back({"url.path", std::string(path)});
  if (path.size() + 1 < target.size()) {
    span.attributes.push_back({"url.query", std::string(target.substr(path.size() + 1))});
  }
}

void add_grpc_failure(TraceSpan& span, int code) {
  const auto name = std::string(grpc_code_name(code));
  span.attributes.push_back({"rpc.system.name", "grpc"});
  span.attributes.push_back({"rpc.response.status_code", name});
  span.attributes.push_back({"error.type", name});
}

}  // namespace

TraceSpan exchange_span(const observe::ShownExchange& exchange, std::string_view service,
                        std::string_view symptom, http::RequestIdSource& ids) {
  const observe::ExchangeRecord& about = exchange.about();
  // Methods that nobody knows are one, so that there are few names.
  const bool is_known = http::method_of(about.method) != http::Method::other;
  const std::string method = is_known ? about.method : "_OTHER";
  TraceSpan span{.name = fmt::format("{} {}", is_known ? method : "HTTP", about.route),
                 .kind = SpanKind::server,
                 .begin = about.time - about.took,
                 .end = about.time};
  place_in_trace(span, about, ids);
  span.attributes = {{"http.request.method", method}, {"http.route", about.route}};
  if (!is_known) span.attributes.push_back({"http.request.method_original", about.method});
  add_target(span, about.target);
  span.attributes.push_back(
      {"http.response.status_code", std::int64_t{http_status_in(about.status)}});
  const bool is_status = about.cause == RecordCause::status;
  if (const auto code = grpc_failure_in(about.status)) {
    add_grpc_failure(span, *code);
  } else {
    const auto cause = std::string(name_of(about.cause));
    span.attributes.push_back({"error.type", is_status ? std::to_string(about.status) : cause});
  }
  span.attributes.push_back({"livefix.service", std::string(service)});
  span.attributes.push_back({"livefix.release", about.release});
  span.attributes.push_back({"livefix.generation", std::int64_t{number(about.generation)}});
  if (!symptom.empty()) span.attributes.push_back({"livefix.symptom", std::string(symptom)});
  if (about.id != 0) {
    span.attributes.push_back({"livefix.request", static_cast<std::int64_t>(about.id)});
  }
  // What the client did wrong is no error of the server's (conventions for HTTP spans, "Status").
  span.is_error = !is_status || about.status >= kFirstServerError;
  span.error = about.detail;
  return span;
}

}  // namespace livefix::control
