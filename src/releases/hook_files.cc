#include "releases/hook_files.h"

#include <sys/stat.h>

#include <string_view>

#include "os/file_replacement.h"
#include "os/small_file.h"

namespace livefix::releases {
namespace {

constexpr std::size_t kLongestScript = 1U << 20;
constexpr mode_t kExecutable = 0755;

// As one word of a shell, whatever is in it.
std::string in_single_quotes(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += R"('\'')";
    } else {
      result += c;
    }
  }
  return result + "'";
}

bool is_as_it_should_be(const std::string& path, const std::string& script) {
  struct stat status{};
  if (lstat(path.c_str(), &status) < 0 || !S_ISREG(status.st_mode)) return false;
  if ((status.st_mode & 07777) != kExecutable) return false;
  const auto present = os::read_small_file(path, kLongestScript);
  return present && *present == script;
}

}  // namespace

Status write_hooks(const std::string& git_dir, const std::string& livefix_program) {
  if (!livefix_program.starts_with('/')) {
    return fail("{}: the hooks need the absolute path of livefix", livefix_program);
  }
  const auto directory = git_dir + "/hooks";
  if (mkdir(directory.c_str(), 0755) < 0 && errno != EEXIST) return fail_errno("{}", directory);
  for (const std::string_view hook : {"pre-receive", "post-receive"}) {
    const auto path = fmt::format("{}/{}", directory, hook);
    const auto script =
        fmt::format("#!/bin/sh\n# Written by livefix, and again when it starts.\nexec {} hook {}\n",
                    in_single_quotes(livefix_program), hook);
    if (is_as_it_should_be(path, script)) continue;
    if (const auto written = os::replace_file(path, script, kExecutable); !written) {
      return fail("{}: {}", path, written.error().message);
    }
  }
  return {};
}

}  // namespace livefix::releases
