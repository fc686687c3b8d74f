#include "cli/json_fields.h"

#include <openssl/evp.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace livefix::cli {
namespace {

namespace json = boost::json;

const json::value* value_at(const json::object& object, std::string_view key) {
  return object.if_contains(json::string_view(key.data(), key.size()));
}

}  // namespace

Result<json::object> parse_json_object(std::string_view text) {
  boost::system::error_code error;
  auto parsed = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return fail("it answered with something that is not JSON");
  if (!parsed.is_object()) return fail("it answered with something that is not a JSON object");
  return std::move(parsed.get_object());
}

std::string text_at(const json::object& object, std::string_view key) {
  const auto* value = value_at(object, key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_at(const json::object& object, std::string_view key) {
  const auto* value = value_at(object, key);
  if (!value) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? 0 : number;
}

double fraction_at(const json::object& object, std::string_view key) {
  const auto* value = value_at(object, key);
  return value && value->is_double() ? value->get_double()
                                     : static_cast<double>(number_at(object, key));
}

bool flag_at(const json::object& object, std::string_view key) {
  const auto* value = value_at(object, key);
  return value && value->is_bool() && value->get_bool();
}

const json::array& array_at(const json::object& object, std::string_view key) {
  static const json::array kNone;
  const auto* value = value_at(object, key);
  return value && value->is_array() ? value->get_array() : kNone;
}

const json::object* object_at(const json::object& object, std::string_view key) {
  const auto* value = value_at(object, key);
  return value ? value->if_object() : nullptr;
}

std::vector<std::string> texts_at(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  for (const auto& one : array_at(object, key)) {
    if (one.is_string()) texts.emplace_back(one.get_string());
  }
  return texts;
}

std::vector<const json::object*> objects_at(const json::object& object, std::string_view key) {
  std::vector<const json::object*> objects;
  for (const auto& one : array_at(object, key)) {
    if (const auto* found = one.if_object()) objects.push_back(found);
  }
  return objects;
}

Result<std::string> patch_at(const json::object& object) {
  const auto* encoded = value_at(object, "base64");
  if (!encoded) return text_at(object, "text");
  const std::string text = text_at(object, "base64");
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return fail("it answered with a patch that is no base64");
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(size) -
               std::min<std::size_t>(padding, static_cast<std::size_t>(size)));
  return bytes;
}

}  // namespace livefix::cli
