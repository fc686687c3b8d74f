// The two things that matter here about a package.json.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace livefix::cli {

struct PackageJson {
  std::string name;
  std::map<std::string, std::string> scripts;
};

// nullopt when there is no such file, or it is not JSON; the program will say so itself.
std::optional<PackageJson> read_package_json(const std::string& path);

}  // namespace livefix::cli
