#include "cli/service_name.h"

#include <array>
#include <cctype>
#include <sstream>

#include "cli/package_json.h"
#include "cli/surroundings.h"

namespace livefix::cli {
namespace {

constexpr std::size_t kLongestName = 40;
constexpr std::size_t kLargestManifest = 256U << 10;

std::string name_in_package_json(const std::string& directory) {
  const auto package = read_package_json(directory + "/package.json");
  if (!package) return {};
  return package->name.substr(package->name.find('/') + 1);  // "@shop/cart": npos + 1 is 0
}

std::string name_in_go_mod(const std::string& directory) {
  std::istringstream lines(beginning_of(directory + "/go.mod", kLargestManifest));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string keyword;
    std::string module;
    if (!(words >> keyword >> module) || keyword != "module") continue;
    auto name = base_name(module);
    const bool is_version = name.size() > 1 && name[0] == 'v' &&
                            name.find_first_not_of("0123456789", 1) == std::string_view::npos;
    const auto slash = module.rfind('/');
    if (is_version && slash != std::string::npos) {
      name = base_name(std::string_view(module).substr(0, slash));
    }
    return std::string(name);
  }
  return {};
}

// `name = "shop"` in [project] or [tool.poetry]: a line each in every file that tools write.
std::string name_in_pyproject(const std::string& directory) {
  std::istringstream lines(beginning_of(directory + "/pyproject.toml", kLargestManifest));
  bool in_section = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) {
      in_section = line.starts_with("[project]") || line.starts_with("[tool.poetry]");
      continue;
    }
    if (!in_section || !line.starts_with("name")) continue;
    const auto equals = line.find('=');
    const auto open = line.find_first_of("\"'", equals);
    if (equals == std::string::npos || open == std::string::npos) continue;
    if (line.find_first_not_of(" \t", 4) != equals) continue;
    const auto close = line.find(line[open], open + 1);
    if (close != std::string::npos) return line.substr(open + 1, close - open - 1);
  }
  return {};
}

}  // namespace

std::string valid_name(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 128 && std::isalnum(byte)) {
      result += static_cast<char>(std::tolower(byte));
    } else if (!result.empty() && result.back() != '-') {
      result += '-';
    }
    if (result.size() == kLongestName) break;
  }
  while (result.ends_with('-')) result.pop_back();
  return result.empty() ? "service" : result;
}

Status check_name(std::string_view option, const std::string& name) {
  const std::string valid = valid_name(name);
  if (valid == name) return {};
  return fail("{}: \"{}\" may have a-z, 0-9 and - only; write \"{}\"", option, name, valid);
}

std::string service_name(const std::string& directory, Runtime runtime) {
  using Reader = std::string (*)(const std::string&);
  std::array<Reader, 3> readers = {name_in_package_json, name_in_go_mod, name_in_pyproject};
  if (runtime == Runtime::go) std::swap(readers[0], readers[1]);
  if (runtime == Runtime::python) std::swap(readers[0], readers[2]);
  for (const auto read : readers) {
    if (const auto name = read(directory); !name.empty()) return valid_name(name);
  }
  return valid_name(base_name(directory));
}

}  // namespace livefix::cli
