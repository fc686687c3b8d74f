#include "control/otlp_span.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/overloaded.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

constexpr int kErrorStatus = 2;  // STATUS_CODE_ERROR

std::string nanoseconds_text(SpanTime time) {
  return std::to_string(time.time_since_epoch().count());
}

json::object text_value(const std::string& text) {
  return {{"stringValue", text}};
}

json::object attribute_value(const SpanAttribute& attribute) {
  return std::visit(
      overloaded{[](const std::string& text) { return text_value(text); },
                 [](std::int64_t number) -> json::object {
                   return {{"intValue", std::to_string(number)}};
                 },
                 [](const std::vector<std::string>& texts) -> json::object {
                   json::array values;
                   for (const std::string& text : texts) values.push_back(text_value(text));
                   return {{"arrayValue", json::object{{"values", std::move(values)}}}};
                 }},
      attribute.value);
}

json::array attributes_json(std::span<const SpanAttribute> attributes) {
  json::array all;
  for (const SpanAttribute& one : attributes) {
    all.push_back(json::object{{"key", one.key}, {"value", attribute_value(one)}});
  }
  return all;
}

json::object span_json(const TraceSpan& span) {
  json::object object{{"traceId", span.trace_id}, {"spanId", span.span_id}};
  if (!span.parent_id.empty()) object["parentSpanId"] = span.parent_id;
  object["name"] = span.name;
  object["kind"] = static_cast<int>(span.kind);
  object["startTimeUnixNano"] = nanoseconds_text(span.begin);
  object["endTimeUnixNano"] = nanoseconds_text(span.end);
  object["attributes"] = attributes_json(span.attributes);
  if (!span.events.empty()) {
    json::array events;
    for (const SpanEvent& event : span.events) {
      events.push_back(
          json::object{{"timeUnixNano", nanoseconds_text(event.time)}, {"name", event.name}});
    }
    object["events"] = std::move(events);
  }
  if (span.is_error) {
    json::object status{{"code", kErrorStatus}};
    if (!span.error.empty()) status["message"] = span.error;
    object["status"] = std::move(status);
  }
  return object;
}

}  // namespace

std::string otlp_traces(std::span<const SpanAttribute> resource, std::span<const TraceSpan> spans) {
  json::array all;
  for (const TraceSpan& span : spans) all.push_back(span_json(span));
  const json::object scope{{"name", "livefix"}, {"version", LIVEFIX_VERSION}};
  return json::serialize(json::object{
      {"resourceSpans", json::array{json::object{
                            {"resource", json::object{{"attributes", attributes_json(resource)}}},
                            {"scopeSpans", json::array{json::object{
                                               {"scope", scope}, {"spans", std::move(all)}}}}}}}});
}

PartialSuccess partial_success(std::string_view answer) {
  PartialSuccess partial;
  boost::system::error_code error;
  const json::value parsed = json::parse(answer, error);
  const auto* object = error ? nullptr : parsed.if_object();
  const auto* about = object ? object->if_contains("partialSuccess") : nullptr;
  const auto* fields = about ? about->if_object() : nullptr;
  if (!fields) return partial;
  if (const auto* rejected = fields->if_contains("rejectedSpans")) {
    // A number of 64 bits is a text, but some write a number.
    if (const auto* text = rejected->if_string()) {
      std::from_chars(text->data(), text->data() + text->size(), partial.rejected);
    } else if (const auto* number = rejected->if_int64()) {
      partial.rejected = *number;
    }
  }
  const auto* message = fields->if_contains("errorMessage");
  if (const auto* text = message ? message->if_string() : nullptr) partial.message = *text;
  return partial;
}

}  // namespace livefix::control
