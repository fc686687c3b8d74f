// livefix [options] COMMAND..., and livefix run [options] COMMAND...; without COMMAND where a
// configuration file says it.
#include <cstdio>
#include <filesystem>
#include <optional>
#include <ranges>

#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/configured_command.h"
#include "cli/configured_run.h"
#include "cli/service_options.h"
#include "cli/surroundings.h"

namespace livefix::cli {
namespace {

constexpr auto kEpilogue = R"(
livefix COMMAND --help tells of one of these.

Options come before the command; what comes after it belongs to the program. Without a command,
livefix.toml says what is run. Options win over that file, and so does the command.
Times have units: 500ms, 5s, 2m.

Examples:
  livefix server.js                      node server.js, watched
  livefix app.py                         python3 app.py
  livefix main.go                        built with go build, then run
  livefix gunicorn -w 2 shop:app         any command
  livefix                                what livefix.toml here describes, all of it
  livefix --drain 2m --ignore 'data/**' npm start
  livefix status                         in another terminal)";

CommandLine describe(ServiceOptions& options, bool& version) {
  CommandLine line("livefix", "[options] [COMMAND [arguments]...]",
                   "Runs a service and changes its code while it serves: each save starts a new "
                   "process\nbeside the old one, and no request is lost.");
  options.describe_to(line);
  line.flag("--version", "Print the version", version);
  std::string epilogue = "Commands:\n";
  for (const Command& command : kCommands) {
    epilogue += fmt::format("  {:<27} {}\n", command.name, command.summary);
  }
  line.epilogue(epilogue + kEpilogue);
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
  auto config = open_config(shown, user, CodeSource::tree);
  if (!config) return kUsageError;
  return config;
}

// What is wrong is printed, and an exit status returned. `who` is put before: "service.shop: ".
std::variant<int, ServiceSpec> describe_service(const ServiceOptions& options,
                                                std::vector<std::string> words,
                                                const ServiceSection& section,
                                                const UserInterface& user, const std::string& who) {
  if (words.empty()) words = section.command;
  // Without --config, --dir says where the file is, and the file what its directory is.
  const bool from_file =
      !section.directory.empty() && (options.config.empty() || options.directory.empty());
  const auto directory =
      from_file ? Result<std::string>(section.directory) : service_directory(options, user);
  if (!directory) return complain(directory.error().message, kUsageError);
  const auto detected = detect_configured(words, section, Surroundings::of_process(*directory));
  if (!detected) return complain(who + detected.error().sentence, detected.error().exit_status);
  auto spec = make_service(options, section, *detected, *directory);
  if (!spec) return complain(spec.error().message, kUsageError);
  spec->title = title_of(words, section);
  if (!detected->note.empty() && !options.quiet && !options.json) complain(who + detected->note, 0);
  return std::move(*spec);
}

Outcome run_services(const ServiceOptions& options, const std::vector<std::string>& words,
                     const Sections& sections, const UserInterface& user) {
  std::vector<ServiceSpec> services;
  for (const auto* section : sections) {
    const auto who = sections.size() > 1 ? fmt::format("service.{}: ", section->name) : "";
    auto described = describe_service(options, words, *section, user, who);
    if (const int* status = std::get_if<int>(&described)) return *status;
    services.push_back(std::get<ServiceSpec>(std::move(described)));
  }
  auto run = make_run(options, sections.front()->file, std::move(services), user);
  if (!run) return complain(run.error().message, kUsageError);
  return std::move(*run);
}

std::string names_of(const Sections& services) {
  return fmt::format(
      "{}",
      fmt::join(services | std::views::transform([](const auto* service) { return service->name; }),
                ", "));
}

// What can only be meant of one service, where several are to run.
Status refuse_for_several(const ServiceOptions& options, const std::vector<std::string>& words,
                          const ConfigFile& config, const Sections& services) {
  const auto refuse = [&](std::string_view what, std::string_view else_what) {
    return fail("{} is about one service, and {} describes {}; choose one with --service{}", what,
                config.shown, names_of(services), else_what);
  };
  if (!words.empty()) return refuse("a command", "");
  if (!options.port.empty()) return refuse("--port", ", or write port = ... into the file");
  if (!options.config.empty() && !options.directory.empty()) {
    return refuse("--dir", ", or write directory = ... into the file");
  }
  return {};
}

Outcome run_words(const ServiceOptions& options, const std::vector<std::string>& words) {
  const auto user = UserInterface::of_process();
  const auto found = find_config(options, user);
  if (const auto* status = std::get_if<int>(&found)) return *status;
  const auto& config = std::get<std::optional<ConfigFile>>(found);
  const ServiceSection none;
  if (!config) {
    if (!options.services.empty()) {
      return complain(
          fmt::format("--service: there is no {} here; name it with --config FILE", kConfigName),
          kUsageError);
    }
    if (words.empty()) {
      return complain("no command was given; write for example: livefix node server.js",
                      kUsageError);
    }
    return run_services(options, words, {&none}, user);
  }

  auto services = choose_services(*config, options.services);
  if (!services) return complain(services.error().message, kUsageError);
  if (services->size() > 1) {
    const auto fits = refuse_for_several(options, words, *config, *services);
    if (!fits) return complain(fits.error().message, kUsageError);
  }
  if (services->empty() && words.empty()) {
    return complain(fmt::format("{} describes no service; add [service.NAME] with a command, or "
                                "give a command: livefix node server.js",
                                config->shown),
                    kUsageError);
  }
  if (!can_run(*config, *services, !words.empty())) return kUsageError;
  if (services->empty()) services->push_back(&none);
  auto outcome = run_services(options, words, *services, user);
  if (auto* run = std::get_if<RunSpec>(&outcome)) {
    if (const int status = complete_run(*run, *config, options, user)) return status;
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
