#include "observe/har.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "model/grpc_status.h"

namespace livefix::observe {
namespace {

namespace json = boost::json;

std::string time_text(std::chrono::system_clock::time_point time) {
  const auto milliseconds =
      std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(milliseconds / 1000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), milliseconds % 1000);
}

json::array fields_of(const ShownMessage& message) {
  json::array all;
  for (const RecordedField& field : message.fields) {
    all.push_back(json::object{{"name", field.name}, {"value", field.value}});
  }
  return all;
}

// As it is written, since decoding a redacted one makes no sense.
json::array query_of(std::string_view target) {
  json::array all;
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return all;
  for (auto query = target.substr(mark + 1); !query.empty();) {
    const auto one = query.substr(0, query.find('&'));
    const auto name = one.substr(0, one.find('='));
    const auto value = one.substr(std::min(name.size() + 1, one.size()));
    all.push_back(json::object{{"name", name}, {"value", value}});
    query.remove_prefix(std::min(one.size() + 1, query.size()));
  }
  return all;
}

std::string_view comment_on(const ShownMessage& message) {
  if (!message.text) return "binary, not shown";
  return message.cut ? "only the beginning was recorded" : "";
}

json::object request_of(const ShownExchange& exchange) {
  const ShownMessage& request = exchange.request();
  const auto host = field_of(request.fields, "host");
  json::object object{{"method", exchange.about().method},
                      {"url", fmt::format("http://{}{}", host.empty() ? "localhost" : host,
                                          exchange.about().target)},
                      {"httpVersion", "HTTP/1.1"},
                      {"cookies", json::array()},
                      {"headers", fields_of(request)},
                      {"queryString", query_of(exchange.about().target)},
                      {"headersSize", -1},
                      {"bodySize", request.size}};
  if (request.size > 0) {
    object["postData"] = json::object{{"mimeType", request.type},
                                      {"params", json::array()},
                                      {"text", request.text.value_or("")},
                                      {"comment", comment_on(request)}};
  }
  return object;
}

json::object response_of(const ShownExchange& exchange) {
  const ShownMessage& answer = exchange.answer();
  const auto reason = answer.first_line.find(' ', answer.first_line.find(' ') + 1);
  return {{"status", http_status_in(exchange.about().status)},
          {"statusText", reason == std::string::npos || !answer.is_there()
                             ? std::string()
                             : answer.first_line.substr(reason + 1)},
          {"httpVersion", "HTTP/1.1"},
          {"cookies", json::array()},
          {"headers", fields_of(answer)},
          {"content", json::object{{"size", answer.size},
                                   {"mimeType", answer.type},
                                   {"text", answer.text.value_or("")},
                                   {"comment", comment_on(answer)}}},
          {"redirectURL", field_of(answer.fields, "location")},
          {"headersSize", -1},
          {"bodySize", answer.size},
          {"comment", exchange.about().detail}};
}

}  // namespace

json::object har(const ShownExchange& exchange) {
  const ExchangeRecord& about = exchange.about();
  const double milliseconds = static_cast<double>(about.took.count()) / 1000;
  json::object entry{{"startedDateTime", time_text(about.time - about.took)},
                     {"time", milliseconds},
                     {"request", request_of(exchange)},
                     {"response", response_of(exchange)},
                     {"cache", json::object()},
                     {"timings", json::object{{"send", 0}, {"wait", milliseconds}, {"receive", 0}}},
                     {"comment", fmt::format("request {} of release {}", about.id, about.release)}};
  json::object creator{{"name", "livefix"}, {"version", LIVEFIX_VERSION}};
  return {{"log", json::object{{"version", "1.2"},
                               {"creator", std::move(creator)},
                               {"entries", json::array{std::move(entry)}}}}};
}

}  // namespace livefix::observe
