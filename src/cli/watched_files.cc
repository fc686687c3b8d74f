#include "cli/watched_files.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "cli/surroundings.h"

namespace livefix::cli {
namespace {

using Names = std::vector<std::string>;

// Templates, settings and schemas are read once by most servers. What browsers fetch (css, client
// side images) is read anew by itself, and a JSON file beside a Python program is more often data
// that it writes than something that it loads.
const Names& node() {
  static const Names names = {"js",  "mjs", "cjs",     "ts",  "mts",   "cts",  "jsx", "tsx", "json",
                              "env", "ejs", "graphql", "gql", "proto", "yaml", "yml", "pug", "hbs"};
  return names;
}
const Names& python() {
  static const Names names = {"py",   "html", "jinja", "jinja2", "j2", "toml",
                              "yaml", "yml",  "ini",   "cfg",    "env"};
  return names;
}
const Names& go() {
  static const Names names = {"go",   "mod", "sum", "work", "tmpl", "gohtml",
                              "html", "c",   "h",   "s",    "env"};
  return names;
}
const Names& settings_and_templates() {
  static const Names names = {"conf", "ini",  "toml", "yaml", "yml",       "env",
                              "html", "tmpl", "tera", "hbs",  "properties"};
  return names;
}
const Names& sources() {
  static const Names names = {"c",    "cc",  "cpp",     "cxx",   "h",    "hpp",    "rs",  "go",
                              "java", "kt",  "kts",     "scala", "clj",  "groovy", "rb",  "ru",
                              "erb",  "php", "py",      "js",    "mjs",  "cjs",    "ts",  "pl",
                              "pm",   "lua", "ex",      "exs",   "eex",  "heex",   "erl", "hs",
                              "ml",   "fs",  "swift",   "cs",    "dart", "cr",     "nim", "r",
                              "jl",   "sh",  "graphql", "proto", "jar",  "json"};
  return names;
}

bool is_build_output(const std::string& script) {
  constexpr std::array<std::string_view, 4> kDirectories = {"dist", "build", "out", "output"};
  auto path = std::string_view(script);
  if (path.starts_with("./")) path.remove_prefix(2);
  const auto extension = extension_of(path);
  return std::ranges::find(kDirectories, path.substr(0, path.find('/'))) != kDirectories.end() &&
         (extension == "js" || extension == "mjs" || extension == "cjs");
}

}  // namespace

std::vector<std::string> watched_extensions(Runtime runtime, bool compiled,
                                            const std::string& script) {
  switch (runtime) {
    case Runtime::node: {
      auto names = node();
      if (is_build_output(script)) {
        std::erase_if(names, [](const std::string& name) {
          return name == "ts" || name == "mts" || name == "cts" || name == "tsx" || name == "jsx";
        });
      }
      return names;
    }
    case Runtime::python:
      return python();
    case Runtime::go:
      return go();
    case Runtime::other:
      break;
  }
  auto names = settings_and_templates();
  if (!compiled) names.insert(names.end(), sources().begin(), sources().end());
  return names;
}

}  // namespace livefix::cli
