#include "cli/command_detection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "cli/command_line.h"
#include "cli/go_build.h"
#include "cli/nearest_name.h"
#include "cli/runtime_detection.h"
#include "cli/watched_files.h"

namespace livefix::cli {
namespace {

using Words = std::span<const std::string>;
using Detected = std::expected<DetectedCommand, NotRunnable>;

enum class Script : std::uint8_t { none, javascript, typescript, python, go };

Script script_kind(std::string_view path) {
  const auto extension = extension_of(path);
  if (extension == "js" || extension == "mjs" || extension == "cjs") return Script::javascript;
  if (extension == "ts" || extension == "mts" || extension == "cts") return Script::typescript;
  if (extension == "py") return Script::python;
  if (extension == "go") return Script::go;
  return Script::none;
}

std::unexpected<NotRunnable> refuse(std::string sentence, int exit_status = kNotFound) {
  return std::unexpected(NotRunnable{std::move(sentence), exit_status});
}

// `path` with its last part replaced by the nearest name in the same directory.
std::optional<std::string> nearest_file(const std::string& path, const Surroundings& surroundings) {
  const auto directory = std::filesystem::path(surroundings.absolute(path)).parent_path().string();
  const auto nearest = nearest_name(base_name(path), names_in(directory));
  if (!nearest) return std::nullopt;
  return path.substr(0, path.size() - base_name(path).size()) + *nearest;
}

std::unexpected<NotRunnable> no_such_file(const std::string& path,
                                          const Surroundings& surroundings) {
  const auto nearest = nearest_file(path, surroundings);
  return refuse(nearest ? fmt::format("{}: no such file; did you mean {}?", path, *nearest)
                        : fmt::format("{}: no such file in {}", path, surroundings.directory));
}

std::unexpected<NotRunnable> no_such_command(const std::string& command,
                                             const Surroundings& surroundings) {
  // The usual programs first, so that they win over others that are as near.
  std::vector<std::string> names = {"node",     "python3", "go",    "npm",  "npx",
                                    "gunicorn", "uvicorn", "flask", "java", "nginx"};
  std::erase_if(names, [&](const auto& name) { return !surroundings.find_program(name); });
  std::ranges::move(surroundings.program_names(), std::back_inserter(names));
  const std::array<std::string, 5> own = {"serve", "status", "reload", "stop", "completion"};
  auto nearest = nearest_name(command, own);
  nearest = nearest ? "livefix " + *nearest : nearest_name(command, names);
  if (!nearest) nearest = nearest_file(command, surroundings);
  return refuse(nearest ? fmt::format("{}: command not found; did you mean {}?", command, *nearest)
                        : fmt::format("{}: command not found", command));
}

std::vector<std::string> command_of(std::vector<std::string> first, Words rest) {
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

// The nearest node_modules/.bin/tsx upwards from the service's directory, else tsx in PATH.
std::optional<std::string> find_tsx(const Surroundings& surroundings) {
  for (std::filesystem::path at = surroundings.directory;; at = at.parent_path()) {
    auto tsx = (at / "node_modules/.bin/tsx").string();
    if (is_executable_file(tsx)) return tsx;
    if (at == at.parent_path()) break;
  }
  return surroundings.find_program("tsx");
}

Detected run_typescript(Words words, const Surroundings& surroundings) {
  DetectedCommand result;
  result.runtime = Runtime::node;
  result.script = words[0];
  const auto version = surroundings.node_version();
  // https://nodejs.org/api/typescript.html: behind a flag since 22.6, plain since 22.18 and 23.6.
  const auto at_least = [&](int major, int minor) {
    return version && version->major == major && version->minor >= minor;
  };
  if (at_least(22, 18) || at_least(23, 6) || (version && version->major >= 24)) {
    result.command = command_of({"node"}, words);
    return result;
  }
  if (const auto tsx = find_tsx(surroundings)) {
    result.command = command_of({*tsx}, words);
    return result;
  }
  if (at_least(22, 6) || at_least(23, 0)) {
    result.command = command_of({"node", "--experimental-strip-types"}, words);
    return result;
  }
  const auto found = version ? fmt::format("this is {}.{}", version->major, version->minor)
                             : std::string("there is no node here");
  return refuse(
      fmt::format("{} needs node 22.18 or newer ({}), or tsx; install that with: npm install "
                  "--save-dev tsx",
                  words[0], found));
}

Detected run_script(Script kind, Words words, const Surroundings& surroundings) {
  const auto needs = [&](std::string_view program) -> std::optional<NotRunnable> {
    if (surroundings.find_program(program)) return std::nullopt;
    return NotRunnable{fmt::format("{} needs {}, which is not installed", words[0], program),
                       kNotFound};
  };
  DetectedCommand result;
  result.script = words[0];
  switch (kind) {
    case Script::javascript:
      if (auto missing = needs("node")) return std::unexpected(std::move(*missing));
      result.runtime = Runtime::node;
      result.command = command_of({"node"}, words);
      return result;
    case Script::typescript:
      return run_typescript(words, surroundings);
    case Script::python:
      if (auto missing = needs("python3")) return std::unexpected(std::move(*missing));
      result.runtime = Runtime::python;
      result.command = command_of({"python3"}, words);
      return result;
    case Script::go:
      if (auto missing = needs("go")) return std::unexpected(std::move(*missing));
      result.runtime = Runtime::go;
      result.build = build_of_file(words[0], surroundings);
      result.command = command_of({"{output}"}, words.subspan(1));
      return result;
    case Script::none:
      break;
  }
  return refuse(fmt::format("{}: not a script", words[0]));
}

bool holds_go_package(const std::string& directory) {
  const auto names = names_in(directory);
  return std::ranges::any_of(
      names, [](const std::string& name) { return name == "go.mod" || name.ends_with(".go"); });
}

Detected run_directory(Words words, const Surroundings& surroundings) {
  if (!holds_go_package(surroundings.absolute(words[0]))) {
    return refuse(fmt::format("{} is a directory without a Go program; name the file or command "
                              "that starts the service",
                              words[0]),
                  kNotExecutable);
  }
  if (!surroundings.find_program("go")) {
    return refuse(fmt::format("{} needs go, which is not installed", words[0]));
  }
  DetectedCommand result;
  result.runtime = Runtime::go;
  result.build = build_of_package(words[0], surroundings);
  result.command = command_of({"{output}"}, words.subspan(1));
  return result;
}

Detected run_go_run(GoRun go_run) {
  DetectedCommand result;
  result.runtime = Runtime::go;
  result.build = std::move(go_run.build);
  result.command = command_of({"{output}"}, go_run.arguments);
  result.note = "go run: each change is built once, with go build, and the program run by itself";
  return result;
}

// A command as it is, of which at least the program itself is there.
Detected run_command(std::vector<std::string> command, const Surroundings& surroundings) {
  DetectedCommand result;
  auto recognized = recognize_command(command, surroundings);
  const auto kind = script_kind(recognized.script);
  if (kind != Script::none && !is_regular_file(surroundings.absolute(recognized.script))) {
    return no_such_file(recognized.script, surroundings);
  }
  if (command[0].find('/') != std::string::npos) result.named_files.push_back(command[0]);
  result.command = std::move(command);
  result.runtime = recognized.runtime;
  result.compiled = recognized.compiled;
  result.script = std::move(recognized.script);
  return result;
}

Detected detect(Words words, const Surroundings& surroundings) {
  const auto& first = words[0];
  if (first.empty()) return refuse("the command is an empty word");
  const auto path = surroundings.absolute(first);
  const bool is_path = first.find('/') != std::string::npos;

  if (const auto kind = script_kind(first); kind != Script::none) {
    if (is_regular_file(path)) return run_script(kind, words, surroundings);
    if (is_path || !surroundings.find_program(first)) return no_such_file(first, surroundings);
  }
  if (first == "." || first == ".." || (is_path && is_directory(path))) {
    return run_directory(words, surroundings);
  }
  std::vector<std::string> command(words.begin(), words.end());
  if (!is_path && surroundings.find_program(first)) {
    if (first == "go" && words.size() > 1 && words[1] == "run") {
      if (auto go_run = take_apart_go_run(words.subspan(2))) return run_go_run(std::move(*go_run));
    }
    return run_command(std::move(command), surroundings);
  }
  if (is_executable_file(path)) {
    if (!is_path) command[0] = "./" + first;
    return run_command(std::move(command), surroundings);
  }
  if (is_directory(path)) return run_directory(words, surroundings);
  if (is_regular_file(path)) {
    return refuse(fmt::format("{}: not executable; if it is a program: chmod +x {}", first, first),
                  kNotExecutable);
  }
  if (is_path) return no_such_file(first, surroundings);
  return no_such_command(first, surroundings);
}

}  // namespace

Detected detect_command(Words words, const Surroundings& surroundings) {
  auto detected = detect(words, surroundings);
  if (!detected) return detected;
  // Without it, what a program prints is shown when its buffer is full.
  if (detected->runtime == Runtime::python)
    detected->environment.emplace_back("PYTHONUNBUFFERED=1");

  // Of a file that is named only those are watched that are read and not written: a log or a
  // database may be an argument as well.
  const auto extensions =
      watched_extensions(detected->runtime, detected->compiled, detected->script);
  const auto is_watched = [&](std::string_view file) {
    return std::ranges::find(extensions, extension_of(file)) != extensions.end() ||
           script_kind(file) != Script::none || file == detected->script;
  };
  for (const auto& word : words) {
    if (!word.starts_with('-') && is_watched(word) &&
        is_regular_file(surroundings.absolute(word)) &&
        std::ranges::find(detected->named_files, word) == detected->named_files.end()) {
      detected->named_files.push_back(word);
    }
  }
  if (!detected->script.empty() && is_regular_file(surroundings.absolute(detected->script)) &&
      std::ranges::find(detected->named_files, detected->script) == detected->named_files.end()) {
    detected->named_files.push_back(detected->script);
  }
  return detected;
}

}  // namespace livefix::cli
