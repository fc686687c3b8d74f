#include "control/records.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/pfr/core.hpp>
#include <type_traits>
#include <utility>

#include "control/phrases.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

// The fields by their names in JSON, in the order of the struct.
template <class R>
constexpr auto names() = delete;
template <>
constexpr auto names<ReleaseRecord>() {
  return std::array{"number",  "commit", "name",  "directory",
                    "subject", "author", "built", "artifacts"};
}
template <>
constexpr auto names<RolloutRecord>() {
  return std::array{"id", "release", "commit", "subject", "before", "services"};
}
template <>
constexpr auto names<PhaseRecord>() {
  return std::array{"rollout", "phase", "line"};
}
template <>
constexpr auto names<PromotedRecord>() {
  return std::array{"rollout", "release", "services", "took_ms", "message", "figures"};
}
template <>
constexpr auto names<FailedRecord>() {
  return std::array{"rollout", "outcome", "gate", "message", "took_ms", "figures"};
}
template <>
constexpr auto names<RollbackRecord>() {
  return std::array{"id", "release", "services", "message"};
}
template <>
constexpr auto names<ServedRecord>() {
  return std::array{"rollout", "took_ms"};
}
template <>
constexpr auto names<CommandRecord>() {
  return std::array{"rollout", "command", "detail", "change", "number", "at"};
}
template <>
constexpr auto names<DriftRecord>() {
  return std::array{"release", "what", "files", "branch"};
}
template <>
constexpr auto names<SymptomsRecord>() {
  return std::array{"rollout", "when", "lines", "symptoms"};
}

json::value to_json(std::uint32_t number) {
  return number;
}
json::value to_json(const std::string& text) {
  return json::value(valid_utf8(text));
}
json::value to_json(Milliseconds time) {
  return time.count();
}
json::value to_json(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(valid_utf8(text));
  return array;
}
json::value to_json(const std::vector<RolloutFigures>& figures) {
  return figures_json(figures);
}

bool from_json(const json::value& value, std::uint32_t& number) {
  const auto* whole = value.if_int64();
  if (!whole || *whole < 0 || *whole > UINT32_MAX) return false;
  number = static_cast<std::uint32_t>(*whole);
  return true;
}
bool from_json(const json::value& value, std::string& text) {
  if (!value.is_string()) return false;
  text = value.get_string();
  return true;
}
bool from_json(const json::value& value, Milliseconds& time) {
  if (!value.is_int64()) return false;
  time = Milliseconds{value.get_int64()};
  return true;
}
bool from_json(const json::value& value, std::vector<std::string>& texts) {
  if (!value.is_array()) return false;
  for (const json::value& one : value.get_array()) {
    if (!from_json(one, texts.emplace_back())) return false;
  }
  return true;
}
bool from_json(const json::value& value, std::vector<RolloutFigures>& figures) {
  return read_figures(value, figures);
}

// Of a command only what it has: most have no more than these two. Figures where there are any.
template <class R>
bool is_left_out_when_empty(std::string_view name) {
  return (std::is_same_v<R, CommandRecord> && name != "rollout" && name != "command") ||
         name == "figures";
}

// Of a ledger that was written before there was such a field.
template <class R>
bool may_be_missing(std::string_view name) {
  return is_left_out_when_empty<R>(name) ||
         (std::is_same_v<R, ReleaseRecord> && (name == "built" || name == "artifacts"));
}

template <class R>
Result<std::optional<Record>> parse_as(const json::object& object) {
  R record;
  const char* missing = nullptr;
  boost::pfr::for_each_field(record, [&](auto& field, std::size_t index) {
    const char* name = names<R>()[index];
    const json::value* value = object.if_contains(name);
    if (!value && may_be_missing<R>(name)) return;
    if (!value || !from_json(*value, field)) missing = name;
  });
  if (missing) return fail("its {} is missing or of another type", missing);
  return Record(std::move(record));
}

template <class R, class... More>
Result<std::optional<Record>> parse_one_of(std::string_view kind, const json::object& object) {
  if (kind == R::kKind) return parse_as<R>(object);
  if constexpr (sizeof...(More) > 0) return parse_one_of<More...>(kind, object);
  return std::optional<Record>();
}

template <class... R>
Result<std::optional<Record>> parse_any(std::variant<R...>*, std::string_view kind,
                                        const json::object& object) {
  return parse_one_of<R...>(kind, object);
}

}  // namespace

std::string_view kind_of(const Record& record) {
  return std::visit([](const auto& one) { return std::decay_t<decltype(one)>::kKind; }, record);
}

std::string body_of(const Record& record) {
  json::object object;
  std::visit(
      [&](const auto& one) {
        using R = std::decay_t<decltype(one)>;
        boost::pfr::for_each_field(one, [&](const auto& field, std::size_t index) {
          const char* name = names<R>()[index];
          if (is_left_out_when_empty<R>(name) && field == std::decay_t<decltype(field)>{}) return;
          object[name] = to_json(field);
        });
      },
      record);
  return json::serialize(object);
}

Result<std::optional<Record>> parse_record(std::string_view kind, std::string_view body) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  const json::object* object = error ? nullptr : value.if_object();
  if (!object) return fail("it is no JSON object");
  return parse_any(static_cast<Record*>(nullptr), kind, *object);
}

}  // namespace livefix::control
