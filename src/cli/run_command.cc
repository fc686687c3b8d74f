// livefix [options] COMMAND..., and livefix run [options] COMMAND...
#include <cstdio>

#include "cli/command_detection.h"
#include "cli/commands.h"
#include "cli/service_options.h"
#include "cli/surroundings.h"

namespace livefix::cli {
namespace {

constexpr auto kEpilogue = R"(Commands:
  status                      Show what runs
  reload                      Start a new process now and switch over to it
  stop                        Finish the requests under way, then stop
  completion SHELL            Print tab completion for bash, zsh or fish
  run COMMAND...              Run a program whose name is one of these

Options come before the command; what comes after it belongs to the program.
Times have units: 500ms, 5s, 2m.

Examples:
  livefix server.js                      node server.js, watched
  livefix app.py                         python3 app.py
  livefix main.go                        built with go build, then run
  livefix gunicorn -w 2 shop:app         any command
  livefix --drain 2m --ignore 'data/**' npm start
  livefix status                         in another terminal)";

CommandLine describe(ServiceOptions& options, bool& version) {
  CommandLine line("livefix", "[options] COMMAND [arguments]...",
                   "Runs a service and changes its code while it serves: each save starts a new "
                   "process\nbeside the old one, and no request is lost.");
  options.describe_to(line);
  line.flag("--version", "Print the version", version);
  line.epilogue(kEpilogue);
  return line;
}

Outcome run_words(const ServiceOptions& options, const std::vector<std::string>& words) {
  const auto user = UserInterface::of_process();
  const auto directory = service_directory(options, user);
  if (!directory) return complain(directory.error().message, kUsageError);
  const auto surroundings = Surroundings::of_process(*directory);
  const auto detected = detect_command(words, surroundings);
  if (!detected) return complain(detected.error().sentence, detected.error().exit_status);
  auto spec = make_spec(options, words, *detected, *directory, user);
  if (!spec) return complain(spec.error().message, kUsageError);
  if (!detected->note.empty() && !options.quiet && !options.json) complain(detected->note, 0);
  return std::move(*spec);
}

}  // namespace

Outcome run_service(Arguments arguments) {
  ServiceOptions options;
  bool version = false;
  auto line = describe(options, version);
  const auto parsed = line.parse(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto& rest = std::get<CommandLine::Rest>(parsed);
  if (version) {
    fmt::print("livefix {}\n", LIVEFIX_VERSION);
    return 0;
  }
  if (rest.words.empty()) {
    return complain("no command was given; write for example: livefix node server.js", kUsageError);
  }
  return run_words(options, rest.words);
}

std::vector<OptionInfo> run_options() {
  ServiceOptions options;
  bool version = false;
  return describe(options, version).options();
}

}  // namespace livefix::cli
