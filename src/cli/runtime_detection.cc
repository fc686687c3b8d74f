#include "cli/runtime_detection.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <vector>

#include "cli/package_json.h"
#include "cli/shell_words.h"

namespace livefix::cli {
namespace {

using Words = std::span<const std::string>;

constexpr int kDepth = 4;  // npm start may run a script that runs a script

constexpr std::array<std::string_view, 14> kNodePrograms = {
    "node", "nodejs", "npm",  "npx", "yarn", "yarnpkg", "pnpm",
    "pnpx", "bun",    "bunx", "tsx", "deno", "ts-node", "next"};
constexpr std::array<std::string_view, 20> kPythonPrograms = {
    "gunicorn", "uvicorn",      "flask", "fastapi",   "hypercorn", "daphne", "waitress-serve",
    "granian",  "django-admin", "uwsgi", "streamlit", "pserve",    "poetry", "pipenv",
    "uv",       "pdm",          "hatch", "rye",       "sanic",     "ipython"};

// Options of node and python that take their value as a word of its own.
constexpr std::array<std::string_view, 12> kOptionsWithValue = {
    "-r",           "--require",           "--import", "--loader", "--experimental-loader",
    "-C",           "--conditions",        "-W",       "-X",       "--check-hash-based-pycs",
    "--input-type", "--env-file-if-exists"};
// With these, the program is no file: `node -e CODE`, `python -m MODULE`.
constexpr std::array<std::string_view, 8> kNoFile = {"-e", "--eval", "-p", "--print",
                                                     "-m", "-c",     "-",  "--run"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

bool is_python(std::string_view name) {
  for (const std::string_view prefix : {"python", "pypy"}) {
    if (!name.starts_with(prefix)) continue;
    const auto version = name.substr(prefix.size());
    return std::ranges::all_of(
        version, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) || c == '.'; });
  }
  return false;
}

std::optional<Runtime> runtime_of_name(std::string_view name) {
  if (is_one_of(name, kNodePrograms)) return Runtime::node;
  if (is_python(name) || is_one_of(name, kPythonPrograms)) return Runtime::python;
  if (name == "go") return Runtime::go;
  return std::nullopt;
}

// What is really run: without `env`, `cross-env`, `poetry run` and the like.
Words without_wrappers(Words words) {
  while (words.size() > 1) {
    if (words[0].find('=') != std::string::npos) {  // NODE_ENV=dev node ...
      words = words.subspan(1);
      continue;
    }
    const auto name = base_name(words[0]);
    if (name == "env" || name == "cross-env" || name == "exec" || name == "nohup") {
      words = words.subspan(1);
      const auto is_setting = [](const std::string& word) {
        return word.starts_with('-') || word.find('=') != std::string::npos;
      };
      while (!words.empty() && is_setting(words[0])) words = words.subspan(1);
      continue;
    }
    constexpr std::array<std::string_view, 6> kRunners = {"poetry", "pipenv", "uv",
                                                          "pdm",    "hatch",  "rye"};
    if (words.size() > 2 && is_one_of(name, kRunners) && words[1] == "run") {
      words = words.subspan(2);
      continue;
    }
    const bool fetches = name == "npx" || name == "bunx" || name == "pnpx" || name == "uvx";
    if (fetches && !words[1].starts_with('-')) {
      words = words.subspan(1);
      continue;
    }
    break;
  }
  return words;
}

// The script line behind `npm start`, `npm run dev`, `yarn dev`, ...
std::optional<std::string> package_script(Words words, const Surroundings& surroundings) {
  const auto name = base_name(words[0]);
  if (name != "npm" && name != "yarn" && name != "pnpm") return std::nullopt;
  const auto first = std::ranges::find_if(
      words.subspan(1), [](const std::string& word) { return !word.starts_with('-'); });
  if (first == words.end()) return std::nullopt;
  const bool runs = *first == "run" || *first == "run-script";
  if (runs && first + 1 == words.end()) return std::nullopt;
  const auto& script = runs ? *(first + 1) : *first;
  const auto package = read_package_json(surroundings.absolute("package.json"));
  if (!package) return std::nullopt;
  const auto found = package->scripts.find(script);
  if (found != package->scripts.end()) return found->second;
  // npm's own default for `npm start`.
  if (script == "start") return "node server.js";
  return std::nullopt;
}

std::string script_of(Words words) {
  for (std::size_t at = 1; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word == "--") return at + 1 < words.size() ? words[at + 1] : "";
    if (is_one_of(word, kNoFile)) return {};
    if (!word.starts_with('-')) return word;
    if (is_one_of(word, kOptionsWithValue)) ++at;
  }
  return {};
}

std::optional<Runtime> runtime_of_first_line(const std::string& text) {
  if (!text.starts_with("#!")) return std::nullopt;
  const auto words = shell_split(std::string_view(text).substr(2, text.find('\n') - 2));
  const auto inner = without_wrappers(words);
  if (inner.empty()) return std::nullopt;
  return runtime_of_name(base_name(inner[0]));
}

RecognizedCommand recognize(Words words, const Surroundings& surroundings, int depth) {
  words = without_wrappers(words);
  if (words.empty()) return {};
  const auto name = base_name(words[0]);
  if (const auto line = depth > 0 ? package_script(words, surroundings) : std::nullopt) {
    const auto inner = shell_split(*line);
    auto recognized = recognize(inner, surroundings, depth - 1);
    recognized.runtime = Runtime::node;
    recognized.compiled = false;
    return recognized;
  }
  if (const auto runtime = runtime_of_name(name)) {
    const bool takes_script = name == "node" || name == "nodejs" || name == "tsx" ||
                              name == "ts-node" || name == "bun" || is_python(name);
    return {.runtime = *runtime, .script = takes_script ? script_of(words) : "", .compiled = false};
  }
  if (name == "java") {
    const auto jar = std::ranges::find(words, "-jar");
    if (jar != words.end() && jar + 1 != words.end()) {
      return {.runtime = Runtime::other, .script = *(jar + 1), .compiled = true};
    }
    return {};
  }
  const auto program = surroundings.find_program(words[0]);
  if (!program) return {};
  const auto beginning = beginning_of(*program, 256);
  if (const auto runtime = runtime_of_first_line(beginning)) {
    return {.runtime = *runtime, .script = "", .compiled = false};
  }
  const bool is_path = words[0].find('/') != std::string::npos;
  return {.runtime = Runtime::other,
          .script = "",
          .compiled = is_path && beginning.starts_with("\177ELF")};
}

}  // namespace

RecognizedCommand recognize_command(Words command, const Surroundings& surroundings) {
  return recognize(command, surroundings, kDepth);
}

}  // namespace livefix::cli
