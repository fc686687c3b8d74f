#include "cli/pushed_command.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cli/command_line.h"
#include "cli/config_problems.h"
#include "cli/nearest_name.h"
#include "cli/runtime_detection.h"
#include "cli/shell_words.h"

namespace livefix::cli {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kOutput = "{output}";

bool is_path(std::string_view word) {
  return word.find('/') != std::string_view::npos;
}

// `command = "node server.js --port 1"`, for a script that was meant to be found by its extension.
std::string run_by(std::string_view program, const Words& words) {
  return fmt::format("write command = {}",
                     in_quotes(fmt::format("{} {}", program, shell_quoted(words))));
}

std::string build_of_go(std::string_view package) {
  return fmt::format(R"(write build = "go build -o {{output}} {}" and command = "{{output}}")",
                     package);
}

// What to write instead of a word that names code and no program; nothing where it may be one. A
// script with a path may say by its first line what runs it, but nothing runs Go source.
std::optional<std::string> remedy_for_source(const Words& words, bool has_build) {
  const auto& word = words[0];
  const auto extension = extension_of(word);
  const bool is_directory = word == "." || word.ends_with('/');
  if (extension == "go" || is_directory) {
    if (has_build) return R"(write command = "{output}", which is what the build makes)";
    if (is_directory) return build_of_go(word);
    const auto package = std::filesystem::path(word).parent_path().lexically_normal().string();
    return build_of_go(package.empty() || package == "." ? "." : "./" + package);
  }
  if (is_path(word)) return std::nullopt;
  if (extension == "js" || extension == "mjs" || extension == "cjs") return run_by("node", words);
  if (extension == "py") return run_by("python3", words);
  if (extension == "ts" || extension == "mts" || extension == "cts") {
    return run_by("npx tsx", words) + ", or node instead of npx tsx from node 22.18 on";
  }
  return std::nullopt;
}

bool leads_out(const std::string& place, const std::string& word) {
  const auto path = (std::filesystem::path(place) / word).lexically_normal().string();
  return path == ".." || path.starts_with("../");
}

// Why the program of `words` can never be started; nothing where it may be.
std::optional<NotRunnable> fault_of(const Words& words, const ServiceSection& section,
                                    const Surroundings& surroundings) {
  const auto& word = words[0];
  if (word.starts_with(kOutput)) return std::nullopt;
  if ((is_path(word) && !word.starts_with('/')) || word == "..") {
    if (!leads_out(section.place, word)) return std::nullopt;
    return NotRunnable{
        fmt::format("{} leads out of the commit; write a path inside of it, \"./bin/{}\"", word,
                    base_name(word)),
        kUsageError};
  }
  if (surroundings.find_program(word)) return std::nullopt;
  if (is_path(word)) {
    return NotRunnable{fmt::format("{} is no program of this machine; one of the commit is "
                                   "written from the service's directory, \"./bin/{}\"",
                                   word, base_name(word)),
                       kNotFound};
  }
  const auto nearest = nearest_name(word, surroundings.program_names());
  return NotRunnable{
      nearest
          ? fmt::format("{}: command not found; did you mean {}?", word, *nearest)
          : fmt::format("{}: command not found; if it is in the commit, write its path: \"./{}\"",
                        word, word),
      kNotFound};
}

}  // namespace

std::expected<DetectedCommand, NotRunnable> detect_pushed(const ServiceSection& section,
                                                          const Surroundings& surroundings) {
  const auto refuse = [&](std::string_view key, std::string_view what, int exit_status) {
    return std::unexpected(
        NotRunnable{fmt::format("service.{}.{}: {}", section.name, key, what), exit_status});
  };
  const auto& words = section.command;
  const bool is_installed = !is_path(words[0]) && surroundings.find_program(words[0]);
  const auto remedy =
      is_installed ? std::nullopt : remedy_for_source(words, section.build.has_value());
  if (remedy) {
    return refuse("command", fmt::format("{} is no program; {}", words[0], *remedy), kUsageError);
  }
  if (const auto fault = fault_of(words, section, surroundings)) {
    return refuse("command", fault->sentence, fault->exit_status);
  }

  DetectedCommand detected;
  detected.command = words;
  detected.runtime = recognize_command(words, surroundings).runtime;
  if (section.build) {
    const auto& builder = section.build->front();
    if (const auto fault = fault_of(*section.build, section, surroundings)) {
      return refuse("build", fault->sentence, fault->exit_status);
    }
    detected.build = BuildStep{.command = *section.build};
    if (detected.runtime == Runtime::other && base_name(builder) == "go") {
      detected.runtime = Runtime::go;
    }
  }
  if (detected.runtime == Runtime::python) detected.environment.emplace_back("PYTHONUNBUFFERED=1");
  return detected;
}

}  // namespace livefix::cli
