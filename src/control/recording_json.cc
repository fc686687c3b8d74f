#include "control/recording_json.h"

#include <boost/json/array.hpp>

#include "control/json_event.h"
#include "http/trace_context.h"
#include "model/grpc_status.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

json::value message_json(const observe::ShownMessage& message) {
  if (!message.is_there()) return nullptr;
  json::array fields;
  for (const auto& field : message.fields) fields.push_back(json::array{field.name, field.value});
  json::object body{{"size", message.size}, {"bytes", message.bytes}, {"cut", message.cut}};
  if (message.text) {
    body["text"] = *message.text;
  } else {
    body["binary"] = true;
  }
  return json::object{
      {"first_line", message.first_line}, {"fields", std::move(fields)}, {"body", std::move(body)}};
}

}  // namespace

json::object recording_line(const observe::ShownExchange& exchange, std::string_view service) {
  const observe::ExchangeRecord& about = exchange.about();
  json::object line{{"id", about.id},
                    {"time", timestamp(about.time)},
                    {"service", service},
                    {"release", about.release},
                    {"generation", number(about.generation)},
                    {"method", about.method},
                    {"target", about.target},
                    {"route", about.route},
                    {"status", http_status_in(about.status)},
                    {"cause", name_of(about.cause)},
                    {"took_ms", static_cast<double>(about.took.count()) / 1000}};
  if (const auto code = grpc_failure_in(about.status)) line["grpc_status"] = *code;
  return line;
}

json::object recording_json(const observe::ShownExchange& exchange, std::string_view service) {
  json::object object = recording_line(exchange, service);
  if (const auto trace = http::parse_traceparent(exchange.about().traceparent)) {
    object["trace"] = trace->trace_id;
  }
  object["detail"] = exchange.about().detail;
  object["unfinished"] = exchange.about().unfinished;
  object["request"] = message_json(exchange.request());
  object["answer"] = message_json(exchange.answer());
  return object;
}

}  // namespace livefix::control
