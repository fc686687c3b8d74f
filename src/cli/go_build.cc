#include "cli/go_build.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace livefix::cli {
namespace {

// The nearest directory upwards with a go.mod; empty when there is none.
std::string module_of(std::string directory) {
  while (true) {
    if (is_regular_file(directory + "/go.mod")) return directory;
    const auto slash = directory.rfind('/');
    if (slash == std::string::npos || slash == 0) return {};
    directory.resize(slash);
  }
}

BuildStep build(std::string what, std::string directory = {}) {
  return {.command = {"go", "build", "-o", "{output}", std::move(what)},
          .directory = std::move(directory)};
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// Build flags of `go run` that take their value as a word of its own, unless "=" is in them.
constexpr std::array<std::string_view, 14> kFlagsWithValue = {
    "-p",       "-asmflags", "-buildmode", "-compiler", "-gccgoflags", "-gcflags", "-installsuffix",
    "-ldflags", "-mod",      "-modfile",   "-overlay",  "-pkgdir",     "-tags",    "-toolexec"};

}  // namespace

BuildStep build_of_package(const std::string& package, const Surroundings& surroundings) {
  const auto directory = without_slash(surroundings.absolute(package));
  const auto here = without_slash(surroundings.directory);
  if (directory == here) return build(".");
  const auto module = module_of(directory);
  const auto relative = std::filesystem::path(directory).lexically_relative(here).string();
  const bool below = !relative.starts_with("..");
  if (below && module == module_of(here)) return build("./" + relative);
  return build(".", directory);
}

BuildStep build_of_file(const std::string& file, const Surroundings& surroundings) {
  const auto path = std::filesystem::path(surroundings.absolute(file));
  if (module_of(path.parent_path().string()).empty()) return build(file);
  return build_of_package(path.parent_path().string(), surroundings);
}

std::optional<GoRun> take_apart_go_run(std::span<const std::string> arguments) {
  std::size_t at = 0;
  std::vector<std::string> flags;
  for (; at < arguments.size() && arguments[at].starts_with('-'); ++at) {
    const auto& flag = arguments[at];
    if (flag.starts_with("-exec") || flag.starts_with("-C")) return std::nullopt;
    flags.push_back(flag);
    if (std::ranges::find(kFlagsWithValue, flag) != kFlagsWithValue.end()) {
      if (++at == arguments.size()) return std::nullopt;
      flags.push_back(arguments[at]);
    }
  }
  if (at == arguments.size() || arguments[at].find('@') != std::string::npos) return std::nullopt;
  std::vector<std::string> packages = {arguments[at++]};
  if (packages[0].ends_with(".go")) {
    for (; at < arguments.size() && arguments[at].ends_with(".go"); ++at) {
      packages.push_back(arguments[at]);
    }
  }
  GoRun result;
  result.build.command = {"go", "build", "-o", "{output}"};
  auto& command = result.build.command;
  command.insert(command.end(), flags.begin(), flags.end());
  command.insert(command.end(), packages.begin(), packages.end());
  result.arguments.assign(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
  return result;
}

}  // namespace livefix::cli
