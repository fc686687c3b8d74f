#include "cli/service_options.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "cli/duration.h"
#include "cli/service_name.h"
#include "cli/surroundings.h"
#include "cli/watched_files.h"
#include "model/traffic_stats.h"

namespace livefix::cli {
namespace {

Result<std::uint16_t> number_of(const std::string& option, const std::string& text,
                                std::uint16_t least, std::uint16_t most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    return fail("{}: \"{}\" is not a number from {} to {}", option, text, least, most);
  }
  return static_cast<std::uint16_t>(value);
}

Status set_duration(const std::string& option, const std::string& text, Milliseconds& into) {
  if (text.empty()) return {};
  const auto parsed = parse_duration(text);
  if (!parsed) return fail("{}: {}", option, parsed.error().message);
  into = *parsed;
  return {};
}

// "js,.ts" and "js", "ts" are the same two.
std::vector<std::string> split_extensions(const std::vector<std::string>& given) {
  std::vector<std::string> result;
  for (const auto& list : given) {
    std::string_view rest = list;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(','), rest.size());
      auto extension = rest.substr(0, end);
      while (extension.starts_with('*') || extension.starts_with('.')) extension.remove_prefix(1);
      if (!extension.empty()) result.emplace_back(extension);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return result;
}

Result<Timing> timing_of(const ServiceOptions& options, const ServiceSection& section) {
  auto timing = section.timing;
  for (const auto& status : {set_duration("--ready-timeout", options.ready_timeout, timing.ready),
                             set_duration("--drain", options.drain, timing.drain),
                             set_duration("--grace", options.grace, timing.stop_grace),
                             set_duration("--hold", options.hold, timing.hold)}) {
    if (!status) return std::unexpected(status.error());
  }
  return timing;
}

OutputSpec output_of(const ServiceOptions& options, const UserInterface& user) {
  OutputSpec output;
  output.verbosity = options.quiet     ? Verbosity::quiet
                     : options.verbose ? Verbosity::verbose
                                       : Verbosity::normal;
  output.json = options.json;
  output.terminal = user.is_terminal && !options.json;
  const bool by_itself = user.is_terminal && !user.no_color && !user.dumb_terminal;
  output.colour =
      !options.json && (options.colour == "always" || (options.colour != "never" && by_itself));
  return output;
}

bool is_within(const std::string& path, const std::string& root) {
  return path == root || root == "/" || path.starts_with(root + "/");
}

// A file that only livefix reads is no part of the program, though it may look like its settings.
std::string pattern_of_config(const ServiceSection& section, const std::string& directory) {
  if (section.file.empty() || !is_within(section.file, directory)) return {};
  return std::filesystem::path(section.file).lexically_relative(directory).string();
}

WatchSpec watch_of(const ServiceOptions& options, const ServiceSection& section,
                   const DetectedCommand& detected, const std::string& directory) {
  auto watch = section.watch;
  watch.enabled = !options.no_watch && (watch.enabled || !options.watch_extensions.empty());
  if (!options.watch_extensions.empty()) {
    watch.extensions = split_extensions(options.watch_extensions);
  } else if (watch.extensions.empty()) {
    watch.extensions = watched_extensions(detected.runtime, detected.compiled, detected.script);
  }
  auto& ignored = watch.ignored_files;
  ignored.insert(ignored.end(), options.ignore.begin(), options.ignore.end());
  auto own = pattern_of_config(section, directory);
  if (!own.empty()) ignored.push_back(std::move(own));
  watch.files.insert(watch.files.end(), detected.named_files.begin(), detected.named_files.end());
  return watch;
}

// `livefix status` looks from the current directory upwards, so beside the file where a service is
// below it; the directory of a file in /etc is not one to write to.
std::string state_directory(const std::string& file, const std::vector<ServiceSpec>& services,
                            const UserInterface& user) {
  if (!user.livefix_directory.empty()) return user.livefix_directory;
  auto place = services.front().directory;
  if (!file.empty()) {
    const auto beside = std::filesystem::path(file).parent_path().string();
    const bool is_below = std::ranges::any_of(
        services, [&](const ServiceSpec& service) { return is_within(service.directory, beside); });
    if (is_below) place = beside;
  }
  return (place == "/" ? "" : place) + "/.livefix";
}

// One service gives its name to the run, and has that which is asked for.
std::string name_run(const ServiceOptions& options, const std::string& file,
                     std::vector<ServiceSpec>& services) {
  if (services.size() == 1) {
    if (!options.name.empty()) services.front().name = options.name;
    return services.front().name;
  }
  if (!options.name.empty()) return options.name;
  return service_name(std::filesystem::path(file).parent_path().string(), Runtime::other);
}

}  // namespace

void ServiceOptions::describe_to(CommandLine& line) {
  line.value("-c,--config", "FILE", "What describes the service [livefix.toml, where there is one]",
             config);
  line.list("--service", "SERVICE", "Only this service of that file; repeatable [all]", services);
  line.value("-n,--name", "NAME", "Name of the service [from package.json, go.mod ...]", name);
  line.value("-C,--dir", "DIR", "Where the program runs and what is watched [here]", directory);
  line.value("-p,--port", "PORT",
             "Public port for a program that reads PORT, or whose port cannot be discovered", port);
  line.value("--workers", "N", "Threads of the proxy [one per processor]", workers);
  line.list("--watch-ext", "EXT", "Watch files with these extensions instead: js,ts",
            watch_extensions);
  line.list("--ignore", "PATTERN", "Do not watch these files or directories; repeatable", ignore);
  line.flag("--no-watch", "Watch nothing; changes come by livefix reload", no_watch);
  describe_timing_to(line);
  describe_output_to(line);
}

void ServiceOptions::describe_timing_to(CommandLine& line) {
  line.value("--ready-timeout", "TIME", "How long a new process may take to be ready [30s]",
             ready_timeout);
  line.value("--drain", "TIME", "How long an old one may finish its requests [30s]", drain);
  line.value("--grace", "TIME", "From SIGTERM to SIGKILL [10s]", grace);
  line.value("--hold", "TIME", "How long requests wait while nothing serves [30s]", hold);
}

void ServiceOptions::describe_output_to(CommandLine& line) {
  line.flag("-q,--quiet", "Print errors and the program's output only", quiet);
  line.flag("-v,--verbose", "Print more", verbose);
  line.flag("--json", "Print events, one JSON object a line", json);
  line.value("--color", "WHEN", "auto, always or never [auto]", colour,
             {"auto", "always", "never"});
}

UserInterface UserInterface::of_process() {
  UserInterface user;
  user.is_terminal = isatty(STDOUT_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");
  user.no_color = no_color && *no_color;
  const char* terminal = std::getenv("TERM");
  user.dumb_terminal = !terminal || std::string_view(terminal) == "dumb";
  std::error_code error;
  user.current_directory = std::filesystem::current_path(error).string();
  if (const char* own = std::getenv("LIVEFIX_DIR"); own && *own) {
    user.livefix_directory =
        (std::filesystem::path(user.current_directory) / own).lexically_normal().string();
  }
  return user;
}

Result<std::string> service_directory(const ServiceOptions& options, const UserInterface& user) {
  if (user.current_directory.empty()) return fail("the current directory was removed");
  auto directory = (std::filesystem::path(user.current_directory) / options.directory)
                       .lexically_normal()
                       .string();
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  if (!is_directory(directory)) {
    return fail("--dir: {} is not a directory", options.directory);
  }
  return directory;
}

Result<ServiceSpec> make_service(const ServiceOptions& options, const ServiceSection& section,
                                 const DetectedCommand& detected, const std::string& directory) {
  const auto timing = timing_of(options, section);
  if (!timing) return std::unexpected(timing.error());

  ServiceSpec spec;
  spec.port = section.port;
  if (!options.port.empty()) {
    const auto port = number_of("--port", options.port, 1, 65535);
    if (!port) return std::unexpected(port.error());
    spec.port = *port;
  }
  const bool is_built_elsewhere = detected.build && !detected.build->directory.empty();
  spec.name = !section.name.empty()
                  ? section.name
                  : service_name(is_built_elsewhere ? detected.build->directory : directory,
                                 detected.runtime);
  spec.directory = directory;
  spec.runtime = detected.runtime;
  spec.command = detected.command;
  spec.build = detected.build;
  spec.environment = detected.environment;
  // Later ones win.
  spec.environment.insert(spec.environment.end(), section.environment.begin(),
                          section.environment.end());
  if (spec.port != 0) spec.environment.push_back(fmt::format("PORT={}", spec.port));
  spec.held_requests = section.held_requests;
  spec.watch = watch_of(options, section, detected, directory);
  spec.timing = *timing;
  spec.traffic = section.traffic;
  return spec;
}

Result<RunSpec> make_run(const ServiceOptions& options, const std::string& file,
                         std::vector<ServiceSpec> services, const UserInterface& user) {
  if (options.quiet && options.verbose) return fail("--quiet and --verbose exclude each other");
  if (!options.name.empty()) {
    if (const auto valid = check_name("--name", options.name); !valid) {
      return std::unexpected(valid.error());
    }
  }
  RunSpec run;
  if (!options.workers.empty()) {
    const auto workers = number_of("--workers", options.workers, 1, kMaxWorkers);
    if (!workers) return std::unexpected(workers.error());
    run.workers = *workers;
  }
  run.name = name_run(options, file, services);
  run.run_directory = fmt::format("{}/run/{}", state_directory(file, services, user), run.name);
  run.services = std::move(services);
  run.output = output_of(options, user);
  return run;
}

}  // namespace livefix::cli
