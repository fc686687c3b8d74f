// The commands of livefix. Each parses its own arguments (those after its name), does its work and
// returns an exit status; only `run` may return what is to be run instead.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/command_line.h"
#include "model/run_spec.h"

namespace livefix::cli {

using Outcome = std::variant<int, RunSpec>;
using Arguments = std::span<const std::string>;

// A file each: run_command.cc, status_command.cc, ...
Outcome run_service(Arguments arguments);
Outcome show_status(Arguments arguments);
Outcome reload_service(Arguments arguments);
Outcome stop_service(Arguments arguments);
Outcome manage_tokens(Arguments arguments);
Outcome print_completion(Arguments arguments);
// Called by Git, so that it is no command of the help text.
Outcome run_hook(Arguments arguments);

std::vector<OptionInfo> run_options();
std::vector<OptionInfo> status_options();
std::vector<OptionInfo> reload_options();
std::vector<OptionInfo> stop_options();
std::vector<OptionInfo> token_options();
std::vector<OptionInfo> completion_options();

struct Command {
  std::string_view name;
  std::string_view summary;
  Outcome (*start)(Arguments);
  std::vector<OptionInfo> (*options)();
};

// In the order of the help text. `livefix` without a command takes the options of `run`.
inline constexpr std::array kCommands = {
    Command{"run", "Run a program whose name is one of these", run_service, run_options},
    Command{"status", "Show what runs", show_status, status_options},
    Command{"reload", "Start a new process now and switch over to it", reload_service,
            reload_options},
    Command{"stop", "Finish the requests under way, then stop", stop_service, stop_options},
    Command{"token", "Say who may push over HTTP", manage_tokens, token_options},
    Command{"completion", "Print tab completion for bash, zsh or fish", print_completion,
            completion_options},
};

// nullptr: none of livefix's own.
const Command* find_command(std::string_view name);

}  // namespace livefix::cli
