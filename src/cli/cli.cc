#include "cli/cli.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/service_options.h"

namespace livefix::cli {
namespace {

constexpr auto kShortHelp = R"(livefix runs a service and changes its code while it serves.

  livefix server.js           run it; each save goes live without losing a request
  livefix python3 -m shop     any command
  livefix status              what runs here
  livefix --help              everything else
)";

// The place of the first word that is neither an option nor an option's value, and not behind
// "--"; the end when there is none.
std::size_t place_of_command(Arguments arguments) {
  std::vector<OptionInfo> options;  // of every command: `livefix --state DIR status`
  for (const auto& command : kCommands) {
    std::ranges::move(command.options(), std::back_inserter(options));
  }
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const auto& word = arguments[at];
    if (word == "--") break;
    if (!word.starts_with('-')) return at;
    const auto takes_value = std::ranges::any_of(options, [&](const OptionInfo& option) {
      return !option.placeholder.empty() && (word == option.name || word == option.short_name);
    });
    if (takes_value) ++at;
  }
  return arguments.size();
}

}  // namespace

const Command* find_command(std::string_view name) {
  const auto* found =
      std::ranges::find_if(kCommands, [&](const Command& command) { return command.name == name; });
  return found == kCommands.end() ? nullptr : found;
}

std::variant<int, RunSpec> run(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  std::error_code error;
  if (arguments.empty() && !has_config(std::filesystem::current_path(error).string())) {
    fmt::print(stderr, "{}", kShortHelp);
    return kUsageError;
  }
  const auto place = place_of_command(arguments);
  if (place == arguments.size()) return run_service(arguments);
  if (arguments[place] == "hook") return run_hook(Arguments(arguments).subspan(place + 1));
  if (const auto* command = find_command(arguments[place])) {
    // `livefix --name shop status`: what stands before belongs to the command as well.
    auto its = arguments;
    its.erase(its.begin() + static_cast<std::ptrdiff_t>(place));
    return command->start(its);
  }
  return run_service(arguments);
}

}  // namespace livefix::cli
