#include "cli/package_json.h"

#include <boost/json.hpp>

#include "cli/surroundings.h"

namespace livefix::cli {

std::optional<PackageJson> read_package_json(const std::string& path) {
  constexpr std::size_t kLargest = 4U << 20;
  const auto text = beginning_of(path, kLargest);
  boost::system::error_code error;
  const auto parsed = boost::json::parse(text, error);
  if (error || !parsed.is_object()) return std::nullopt;
  PackageJson result;
  if (const auto* name = parsed.get_object().if_contains("name"); name && name->is_string()) {
    result.name = name->get_string();
  }
  const auto* scripts = parsed.get_object().if_contains("scripts");
  if (!scripts || !scripts->is_object()) return result;
  for (const auto& [key, line] : scripts->get_object()) {
    if (line.is_string()) result.scripts.emplace(key, line.get_string());
  }
  return result;
}

}  // namespace livefix::cli
