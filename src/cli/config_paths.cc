#include "cli/config_paths.h"

#include <algorithm>
#include <filesystem>

#include "cli/config_problems.h"
#include "cli/surroundings.h"

namespace livefix::cli {

std::string resolved_path(const std::string& directory, const std::string& path) {
  auto resolved = (std::filesystem::path(directory) / path).lexically_normal().string();
  while (resolved.size() > 1 && resolved.ends_with('/')) resolved.pop_back();
  return resolved;
}

Result<std::string> existing_file(const std::string& directory, const std::string& path) {
  auto resolved = resolved_path(directory, path);
  if (is_regular_file(resolved)) return resolved;
  return fail("{} is no file; write a path from this file", in_quotes(path));
}

Result<std::string> path_in_commit(std::string_view text, std::string_view example) {
  if (text.starts_with('/')) {
    return fail("{} is absolute; write a path inside of the commit, \"{}\"", in_quotes(text),
                example);
  }
  std::string result;
  for (auto rest = text; !rest.empty();) {
    const auto part = rest.substr(0, rest.find('/'));
    // Not even where it cancels out: a part before it may be a link that leads elsewhere.
    if (part == "..") {
      return fail("{} has \"..\"; write a path inside of the commit, \"{}\"", in_quotes(text),
                  example);
    }
    if (!part.empty() && part != ".") {
      if (!result.empty()) result += '/';
      result += part;
    }
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  }
  return result;
}

}  // namespace livefix::cli
