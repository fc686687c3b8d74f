// livefix serve [options]: services whose releases are commits that are pushed. Nothing is watched,
// and no code need be here yet.
#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/configured_command.h"
#include "cli/configured_run.h"
#include "cli/pushed_command.h"
#include "cli/service_options.h"
#include "cli/state_directory.h"
#include "cli/surroundings.h"

namespace livefix::cli {
namespace {

struct Options {
  ServiceOptions service;
  std::string state;
};

CommandLine describe(Options& options) {
  CommandLine line("livefix serve", "[options]",
                   "Runs the services of a configuration file from commits that are pushed: each "
                   "push is built,\nproven beside the old release, and taken or refused.");
  auto& service = options.service;
  line.value("-c,--config", "FILE", "What describes the services [livefix.toml]", service.config);
  line.list("--service", "SERVICE", "Only this service of that file; repeatable [all]",
            service.services);
  line.value("-n,--name", "NAME", "Name of the whole [the service's, or the directory's]",
             service.name);
  line.value("--state", "DIR",
             "Where commits, releases and the ledger are kept [$LIVEFIX_DIR, else .livefix beside "
             "the file]",
             options.state);
  line.value("--workers", "N", "Threads of the proxy [one per processor]", service.workers);
  service.describe_timing_to(line);
  service.describe_output_to(line);
  line.epilogue(
      "Examples:\n"
      "  livefix serve                                      what livefix.toml here describes\n"
      "  livefix serve -c /etc/livefix.toml --state /var/lib/livefix\n"
      "  livefix status --state /var/lib/livefix            in another terminal\n\n"
      "Times have units: 500ms, 5s, 2m.");
  return line;
}

std::optional<ConfigFile> find_config(const ServiceOptions& options, const UserInterface& user) {
  if (options.config.empty() && !has_config(user.current_directory)) {
    complain(fmt::format("there is no {} here; write one with [service.NAME] and command = \"node "
                         "server.js\", or name it with --config FILE",
                         kConfigName),
             0);
    return std::nullopt;
  }
  const auto shown = options.config.empty() ? std::string(kConfigName) : options.config;
  return open_config(shown, user, CodeSource::commits);
}

// `surroundings` are those of the state directory: where the code will be is known with a release.
std::variant<int, ServiceSpec> describe_service(const ServiceOptions& options,
                                                const ServiceSection& section,
                                                const Surroundings& surroundings) {
  const auto detected = detect_pushed(section, surroundings);
  if (!detected) return complain(detected.error().sentence, detected.error().exit_status);
  auto spec = make_service(options, section, *detected, surroundings.directory);
  if (!spec) return complain(spec.error().message, kUsageError);
  spec->title = title_of(section.command, section);
  spec->watch = {};
  spec->watch.enabled = false;
  spec->place = section.place;
  spec->keep = section.keep;
  spec->rollout = section.rollout;
  return std::move(*spec);
}

Result<CommitSpec> commits_of(const ConfigFile& config, const std::string& state) {
  std::error_code error;
  const auto livefix = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail("cannot read /proc/self/exe: {}; mount /proc", error.message());
  auto commits = config.push;
  commits.state_directory = state;
  commits.livefix = livefix.string();
  return commits;
}

Outcome serve_sections(const Options& options, const ConfigFile& config, const Sections& sections,
                       UserInterface user) {
  const auto& file = sections.front()->file;
  const auto state = choose_state_directory(options.state, file, user);
  const auto surroundings = Surroundings::of_process(state);
  if (!surroundings.find_program("git")) {
    return complain("pushes are taken by git, which is not in PATH; install it", kNotFound);
  }
  std::vector<ServiceSpec> services;
  for (const auto* section : sections) {
    auto described = describe_service(options.service, *section, surroundings);
    if (const int* status = std::get_if<int>(&described)) return *status;
    services.push_back(std::get<ServiceSpec>(std::move(described)));
  }
  user.livefix_directory = state;  // --state is LIVEFIX_DIR by another way
  auto run = make_run(options.service, file, std::move(services), user);
  if (!run) return complain(run.error().message, kUsageError);
  auto commits = commits_of(config, state);
  if (!commits) return complain(commits.error().message, 1);
  run->commits = std::move(*commits);
  // After everything that can be refused: what does not start leaves nothing behind.
  const auto made = make_state_directory(state);
  if (!made) return complain(made.error().message, 1);
  if (const int status = complete_run(*run, config, options.service, user)) return status;
  return std::move(*run);
}

}  // namespace

Outcome serve_services(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_options_only(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto user = UserInterface::of_process();
  if (const auto here = service_directory(options.service, user); !here) {
    return complain(here.error().message, kUsageError);
  }
  const auto config = find_config(options.service, user);
  if (!config) return kUsageError;
  const auto sections = choose_services(*config, options.service.services);
  if (!sections) return complain(sections.error().message, kUsageError);
  if (sections->empty()) {
    return complain(
        fmt::format("{} describes no service; add [service.NAME] with command = \"node server.js\"",
                    config->shown),
        kUsageError);
  }
  if (!can_run(*config, *sections, false)) return kUsageError;
  return serve_sections(options, *config, *sections, user);
}

std::vector<OptionInfo> serve_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
