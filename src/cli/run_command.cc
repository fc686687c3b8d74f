// livefix [options] COMMAND..., and livefix run [options] COMMAND...; without COMMAND where a
// configuration file says it.
#include <cstdio>
#include <filesystem>
#include <optional>

#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/configured_command.h"
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

Options come before the command; what comes after it belongs to the program. Without a command,
livefix.toml says what is run. Options win over that file, and so does the command.
Times have units: 500ms, 5s, 2m.

Examples:
  livefix server.js                      node server.js, watched
  livefix app.py                         python3 app.py
  livefix main.go                        built with go build, then run
  livefix gunicorn -w 2 shop:app         any command
  livefix                                what livefix.toml here describes
  livefix --drain 2m --ignore 'data/**' npm start
  livefix status                         in another terminal)";

CommandLine describe(ServiceOptions& options, bool& version) {
  CommandLine line("livefix", "[options] [COMMAND [arguments]...]",
                   "Runs a service and changes its code while it serves: each save starts a new "
                   "process\nbeside the old one, and no request is lost.");
  options.describe_to(line);
  line.flag("--version", "Print the version", version);
  line.epilogue(kEpilogue);
  return line;
}

// --config, else livefix.toml in --dir or here, where there is one. What is wrong with it is
// printed, and an exit status returned.
std::variant<int, std::optional<ConfigFile>> find_config(const ServiceOptions& options,
                                                         const UserInterface& user) {
  std::string shown = options.config;
  if (shown.empty()) {
    const auto directory = service_directory(options, user);
    if (!directory) return complain(directory.error().message, kUsageError);
    if (!has_config(*directory)) return std::nullopt;
    shown = (std::filesystem::path(options.directory) / kConfigName).string();
  }
  auto config = read_config(resolved_path(user.current_directory, shown), shown);
  if (config) return std::move(*config);
  for (const auto& sentence : config.error()) fmt::print(stderr, "{}\n", sentence);
  return kUsageError;
}

Outcome run_configured(const ServiceOptions& options, std::vector<std::string> words,
                       const ServiceSection& section, const UserInterface& user) {
  if (words.empty()) words = section.command;
  // Without --config, --dir says where the file is, and the file what its directory is.
  const bool from_file =
      !section.directory.empty() && (options.config.empty() || options.directory.empty());
  const auto directory =
      from_file ? Result<std::string>(section.directory) : service_directory(options, user);
  if (!directory) return complain(directory.error().message, kUsageError);
  const auto detected = detect_configured(words, section, Surroundings::of_process(*directory));
  if (!detected) return complain(detected.error().sentence, detected.error().exit_status);
  auto spec = make_spec(options, section, *detected, *directory, user);
  if (!spec) return complain(spec.error().message, kUsageError);
  spec->title = title_of(words, section);
  if (!detected->note.empty() && !options.quiet && !options.json) complain(detected->note, 0);
  return std::move(*spec);
}

Outcome run_words(const ServiceOptions& options, const std::vector<std::string>& words) {
  const auto user = UserInterface::of_process();
  const auto found = find_config(options, user);
  if (const auto* status = std::get_if<int>(&found)) return *status;
  const auto& config = std::get<std::optional<ConfigFile>>(found);
  if (!config) {
    if (!options.service.empty()) {
      return complain(
          fmt::format("--service: there is no {} here; name it with --config FILE", kConfigName),
          kUsageError);
    }
    if (words.empty()) {
      return complain("no command was given; write for example: livefix node server.js",
                      kUsageError);
    }
    return run_configured(options, words, {}, user);
  }

  const auto section = choose_service(*config, options.service);
  if (!section) return complain(section.error().message, kUsageError);
  if (words.empty() && (!*section || (*section)->command.empty())) {
    return complain(
        *section
            ? fmt::format("service.{} in {} has no command; write command = \"node server.js\"",
                          (*section)->name, config->shown)
            : fmt::format("{} describes no service; add [service.NAME] with a command, or give "
                          "a command: livefix node server.js",
                          config->shown),
        kUsageError);
  }
  auto outcome = run_configured(options, words, *section ? **section : ServiceSection{}, user);
  if (auto* spec = std::get_if<ServiceSpec>(&outcome)) {
    spec->proxy = config->proxy.spec;
    if (options.workers.empty()) spec->workers = config->proxy.threads;
  }
  return outcome;
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
  return run_words(options, rest.words);
}

std::vector<OptionInfo> run_options() {
  ServiceOptions options;
  bool version = false;
  return describe(options, version).options();
}

}  // namespace livefix::cli
