#include "cli/configured_command.h"

#include <algorithm>
#include <vector>

#include "cli/command_line.h"
#include "cli/runtime_detection.h"
#include "cli/shell_words.h"

namespace livefix::cli {
namespace {

constexpr std::string_view kOutput = "{output}";

}  // namespace

std::expected<DetectedCommand, NotRunnable> detect_configured(std::span<const std::string> words,
                                                              const ServiceSection& section,
                                                              const Surroundings& surroundings) {
  if (!section.build) return detect_command(words, surroundings);
  const auto& builder = section.build->front();
  if (!surroundings.find_program(builder)) {
    return std::unexpected(NotRunnable{
        fmt::format("service.{}.build: {}: command not found", section.name, builder), kNotFound});
  }
  std::expected<DetectedCommand, NotRunnable> detected = std::unexpected(NotRunnable{});
  if (words[0] != kOutput) detected = detect_command(words, surroundings);
  if (!detected) {
    // It may be what the build makes: whether it is there shows when it was built.
    DetectedCommand plain;
    plain.command.assign(words.begin(), words.end());
    plain.runtime = recognize_command(words, surroundings).runtime;
    if (plain.runtime == Runtime::python) plain.environment.emplace_back("PYTHONUNBUFFERED=1");
    detected = std::move(plain);
  }
  detected->build = BuildStep{.command = *section.build};
  if (detected->runtime == Runtime::other && base_name(builder) == "go") {
    detected->runtime = Runtime::go;
  }
  // To watch what comes out of the build would make each build a change.
  std::erase_if(detected->named_files, [&](const std::string& file) {
    return file == words[0] || file == detected->script;
  });
  detected->compiled = false;
  detected->script.clear();
  detected->note.clear();
  return detected;
}

std::string title_of(std::span<const std::string> words, const ServiceSection& section) {
  std::vector<std::string> shown(words.begin(), words.end());
  if (section.build && shown[0] == kOutput) shown[0] = section.name;
  return shell_quoted(shown);
}

}  // namespace livefix::cli
