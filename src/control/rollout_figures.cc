#include "control/rollout_figures.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <utility>

#include "model/latency_histogram.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

json::object counted_json(const GenerationFigures& figures) {
  return {{"requests", figures.requests},
          {"errors", figures.errors},
          {"p99_us", figures.p99 ? json::value(figures.p99->count()) : json::value()}};
}

template <class Number>
bool read_number(const json::object& object, json::string_view key, Number& number) {
  const json::value* value = object.if_contains(key);
  const std::int64_t* whole = value ? value->if_int64() : nullptr;
  if (!whole || !std::in_range<Number>(*whole)) return false;
  number = static_cast<Number>(*whole);
  return true;
}

bool read_counted(const json::object& object, GenerationFigures& figures) {
  const json::value* p99 = object.if_contains("p99_us");
  if (!p99) return false;
  if (!p99->is_null()) {
    std::uint32_t microseconds = 0;
    if (!read_number(object, "p99_us", microseconds)) return false;
    figures.p99 = std::chrono::microseconds{microseconds};
  }
  return read_number(object, "requests", figures.requests) &&
         read_number(object, "errors", figures.errors);
}

bool read_service(const json::value& value, RolloutFigures& figures) {
  const json::object* object = value.if_object();
  const json::value* service = object ? object->if_contains("service") : nullptr;
  const json::value* old = object ? object->if_contains("old") : nullptr;
  if (!service || !service->is_string() || !old) return false;
  figures.service = service->get_string();
  if (const json::object* others = old->if_object()) {
    if (!read_counted(*others, figures.old.emplace())) return false;
  } else if (!old->is_null()) {
    return false;
  }
  return read_number(*object, "percent", figures.percent) &&
         read_counted(*object, figures.candidate);
}

}  // namespace

GenerationFigures figures_of(const rollout::Window& window) {
  GenerationFigures figures{window.requests, std::min(window.errors, window.requests)};
  if (latency::total(window.latencies) > 0) {
    figures.p99 = latency::quantile(window.latencies, 0.99);
  }
  return figures;
}

json::array figures_json(const std::vector<RolloutFigures>& figures) {
  json::array all;
  for (const RolloutFigures& one : figures) {
    json::object object{{"service", one.service}, {"percent", one.percent}};
    for (auto& [name, value] : counted_json(one.candidate)) object[name] = std::move(value);
    object["old"] = one.old ? json::value(counted_json(*one.old)) : json::value();
    all.emplace_back(std::move(object));
  }
  return all;
}

bool read_figures(const json::value& value, std::vector<RolloutFigures>& figures) {
  const json::array* all = value.if_array();
  return all && std::ranges::all_of(*all, [&](const json::value& one) {
           return read_service(one, figures.emplace_back());
         });
}

}  // namespace livefix::control
