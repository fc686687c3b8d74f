#include "watch/path_filter.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>

namespace livefix::watch {
namespace {

// Directories that hold no source in any of the runtimes. Hidden ones (.git, .venv, .idea,
// .pytest_cache, .livefix ...) are never entered, and those that Git ignores are known apart.
constexpr std::array<std::string_view, 10> kIgnoredNames = {
    "node_modules", "bower_components", "__pycache__", "venv", "target",
    "dist",         "coverage",         "htmlcov",     "logs", "log"};

std::string_view name_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

bool is_within(std::string_view path, std::string_view directory) {
  if (directory.empty()) return !path.starts_with('/');
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

// A pattern without a slash is about names, one with a slash about whole paths; `*` crosses
// slashes, so that "data/**" and "data/*" say the same.
bool matches(const std::string& pattern, std::string_view path) {
  const bool by_name = pattern.find('/') == std::string::npos;
  const std::string subject(by_name ? name_of(path) : path);
  return fnmatch(pattern.c_str(), subject.c_str(), 0) == 0;
}

// "uploads/" and "uploads/**" mean the directory "uploads".
std::string_view without_tail(std::string_view pattern) {
  for (const std::string_view tail : {"/**", "/*", "/"}) {
    if (pattern.ends_with(tail)) return pattern.substr(0, pattern.size() - tail.size());
  }
  return pattern;
}

bool is_number(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_by_product(std::string_view name) {
  constexpr std::array<std::string_view, 9> kEndings = {
      "~", ".swp", ".swo", ".swx", ".pyc", ".pyo", ".kate-swp", "___jb_tmp___", "___jb_old___"};
  if (std::ranges::any_of(kEndings, [&](auto ending) { return name.ends_with(ending); })) {
    return true;
  }
  return is_number(name) ||                                 // vim tries 4913 and upwards
         name.starts_with(".#") ||                          // locks of Emacs
         (name.starts_with('#') && name.ends_with('#')) ||  // its autosaves
         name.starts_with(".goutputstream-");               // GLib
}

PathFilter::PathFilter(WatchSpec spec, std::vector<std::string> ignored_by_git)
    : spec_(std::move(spec)), ignored_by_git_(std::move(ignored_by_git)) {
  std::ranges::sort(ignored_by_git_);
}

bool PathFilter::ignores_directory(std::string_view directory) const {
  const auto name = name_of(directory);
  if (name.starts_with('.') || std::ranges::find(kIgnoredNames, name) != kIgnoredNames.end() ||
      std::ranges::find(spec_.ignored_directories, name) != spec_.ignored_directories.end() ||
      std::ranges::binary_search(ignored_by_git_, directory, std::less<>{})) {
    return true;
  }
  return std::ranges::any_of(spec_.ignored_files, [&](const std::string& pattern) {
    return matches(pattern, directory) || matches(std::string(without_tail(pattern)), directory);
  });
}

Reach PathFilter::reach(Reach parent, std::string_view directory) const {
  if (parent == Reach::whole && !ignores_directory(directory)) return Reach::whole;
  // `node dist/server.js` makes dist a source directory, `target/debug/server` does not make one
  // of target/debug: what else lies there is not of the kind that is watched.
  Reach reach = Reach::none;
  for (const auto& file : spec_.files) {
    if (!is_within(file, directory) || directory.starts_with('/') != file.starts_with('/')) {
      continue;
    }
    reach = std::max(reach, Reach::passing);
    if (parent_of(file) == directory && !file.starts_with('/') && !spec_.extensions.empty() &&
        has_watched_extension(name_of(file))) {
      reach = Reach::whole;
    }
  }
  return reach;
}

bool PathFilter::has_watched_extension(std::string_view name) const {
  if (spec_.extensions.empty()) return true;
  return std::ranges::any_of(spec_.extensions, [&](const std::string& extension) {
    if (extension == "env" && (name == ".env" || name.starts_with(".env."))) return true;
    return name.size() > extension.size() + 1 && name.ends_with(extension) &&
           name[name.size() - extension.size() - 1] == '.';
  });
}

bool PathFilter::watches(Reach parent, std::string_view file) const {
  if (std::ranges::find(spec_.files, file) != spec_.files.end()) return true;
  const auto name = name_of(file);
  if (parent != Reach::whole || is_by_product(name) || name.ends_with(".log") ||
      !has_watched_extension(name)) {
    return false;
  }
  return std::ranges::none_of(spec_.ignored_files,
                              [&](const std::string& pattern) { return matches(pattern, file); });
}

}  // namespace livefix::watch
