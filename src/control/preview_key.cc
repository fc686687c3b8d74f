#include "control/preview_key.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "model/preview_pass.h"
#include "os/file_replacement.h"
#include "os/small_file.h"

namespace livefix::control {
namespace {

constexpr std::size_t kMostKeyFile = 256;
constexpr mode_t kKeyMode = 0600;

Result<std::string> write_new_key(const std::string& path) {
  auto key = make_preview_key();
  if (!key) return key;
  const auto written = os::replace_file(path, *key + "\n", kKeyMode);
  if (!written) return fail("{}: {}", path, written.error().message);
  return key;
}

}  // namespace

Result<std::string> preview_key_in(const std::string& state_directory) {
  const std::string path = fmt::format("{}/{}", state_directory, kPreviewKeyFile);
  const auto text = os::read_small_file(path, kMostKeyFile);
  if (!text && text.error().os_error == ENOENT) return write_new_key(path);
  if (!text) return fail("{}: {}", path, text.error().message);
  struct stat info{};
  const bool is_private = stat(path.c_str(), &info) == 0 &&
                          (info.st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
                          (info.st_uid == 0 || info.st_uid == geteuid());
  if (!is_private) {
    return fail("{}: others may read or write it; remove it, and the next start makes another one",
                path);
  }
  std::string key = text->substr(0, text->find('\n'));
  if (!is_preview_key(key)) {
    return fail("{} is not as livefix writes it; remove it, and the next start makes another one",
                path);
  }
  return key;
}

}  // namespace livefix::control
