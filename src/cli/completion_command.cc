// livefix completion
#include <fmt/format.h>

#include <cstdio>

#include "cli/commands.h"
#include "cli/completion_scripts.h"

namespace livefix::cli {
namespace {

CommandLine describe() {
  CommandLine line("livefix completion", "bash|zsh|fish",
                   "Prints a script that teaches a shell to complete livefix with the tab key.");
  line.epilogue(
      "Examples:\n"
      "  eval \"$(livefix completion bash)\"      in ~/.bashrc\n"
      "  eval \"$(livefix completion zsh)\"       in ~/.zshrc, after compinit\n"
      "  livefix completion fish | source       in ~/.config/fish/config.fish");
  return line;
}

}  // namespace

Outcome print_completion(Arguments arguments) {
  auto line = describe();
  const auto parsed = line.parse(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto& words = std::get<CommandLine::Rest>(parsed).words;
  const std::string shell = words.size() == 1 ? words[0] : "";
  if (shell == "bash") {
    fmt::print("{}", bash_completion());
  } else if (shell == "zsh") {
    fmt::print("{}", zsh_completion());
  } else if (shell == "fish") {
    fmt::print("{}", fish_completion());
  } else {
    return complain("livefix completion needs one shell: bash, zsh or fish", kUsageError);
  }
  return 0;
}

std::vector<OptionInfo> completion_options() {
  return describe().options();
}

}  // namespace livefix::cli
