#include "cli/service_section.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "cli/config_paths.h"
#include "cli/config_reader.h"
#include "cli/mirror_section.h"
#include "cli/record_section.h"
#include "cli/replay_section.h"
#include "cli/rollout_section.h"
#include "cli/service_name.h"
#include "cli/shell_words.h"
#include "cli/surroundings.h"
#include "cli/traffic_names.h"
#include "model/link.h"

namespace livefix::cli {
namespace {

constexpr std::string_view kOutput = "{output}";
constexpr std::uint64_t kMostKept = 16 << 20;  // of one request, in memory

Result<std::string> not_empty(std::string text) {
  if (text.empty()) return fail("\"\" is empty; remove it");
  return text;
}

bool names_output(const std::vector<std::string>& words) {
  return std::ranges::any_of(
      words, [](const std::string& word) { return word.find(kOutput) != std::string::npos; });
}

// Words of a command line, or an array of them. Empty when it is not there or wrong.
std::vector<std::string> read_command(ConfigTable& table, std::string_view key,
                                      std::string_view hint) {
  const auto value = table.find(key);
  if (!value) return {};
  std::vector<std::string> words;
  if (!value->is_array()) {
    const auto line = value->text(hint);
    if (!line) return {};
    auto split = command_words(*line);
    if (!split) {
      value->refuse(fmt::format("{}: {}", in_quotes(*line), split.error().message));
      return {};
    }
    words = std::move(*split);
  } else {
    for (const auto& element : value->elements(hint)) {
      auto word = element.text("the words of a command");
      if (!word) return {};
      words.push_back(std::move(*word));
    }
  }
  if (words.empty() || words[0].empty()) {
    value->refuse(fmt::format("it names no program; write {}", hint));
    return {};
  }
  return words;
}

void read_environment(ConfigTable& table, ServiceSection& section) {
  auto variables = table.read_table("environment", R"({ NAME = "value" })");
  if (!variables) return;
  for (const auto& [name, value] : variables->entries()) {
    const auto text = value.text("its value in quotes");
    if (!text) continue;
    if (name.empty() || name.find('=') != std::string::npos ||
        name.find('\0') != std::string::npos) {
      value.refuse(
          fmt::format("{} is no name of a variable; write NAME = \"value\"", in_quotes(name)));
    } else if (name == link::kKeeperVariable) {
      value.refuse("livefix sets this variable itself; remove it");
    } else if (name == "PORT" && section.port != 0) {
      value.refuse(
          fmt::format("port = {} sets this variable already; remove one of them", section.port));
    } else {
      section.environment.push_back(fmt::format("{}={}", name, *text));
    }
  }
}

// A file is watched under its path from the service's directory when it lies below.
std::string watched_path(const ServiceSection& section, const std::string& absolute) {
  const auto relative =
      std::filesystem::path(absolute).lexically_relative(section.directory).string();
  return relative.empty() || relative.starts_with("..") ? absolute : relative;
}

void read_watch(ConfigTable& table, ServiceSection& section, const std::string& directory) {
  constexpr auto kHint = R"(true, false or { extensions = ["js"], ignore = ["*.tmp"] })";
  const auto value = table.find("watch");
  if (!value) return;
  auto& watch = section.watch;
  if (value->is_truth()) {
    watch.enabled = value->truth(kHint).value_or(true);
    return;
  }
  auto details = value->table(kHint);
  if (!details) return;
  details->read_texts(
      "extensions", watch.extensions, R"(["js", "json"])",
      [](const std::string& text) -> Result<std::string> {
        std::string_view extension = text;
        while (extension.starts_with('*') || extension.starts_with('.')) {
          extension.remove_prefix(1);
        }
        if (extension.empty() || extension.find_first_of("/,") != std::string::npos) {
          return fail("{} is no extension; write \"js\"", in_quotes(text));
        }
        return std::string(extension);
      });
  details->read_texts("ignore", watch.ignored_files, R"(["*.tmp", "data/**"])", not_empty);
  details->read_texts("also", watch.files, R"(["/etc/shop.conf"])",
                      [&](const std::string& text) -> Result<std::string> {
                        if (text.empty()) return not_empty(text);
                        const auto path = resolved_path(directory, text);
                        if (is_directory(path)) {
                          return fail("{} is a directory; name the files in it", in_quotes(text));
                        }
                        return watched_path(section, path);
                      });
  details->refuse_unknown_keys();
}

void read_hold(ConfigTable& table, ServiceSection& section) {
  auto hold = table.read_table("hold", R"({ time = "30s", requests = 10000 })");
  if (!hold) return;
  hold->read_duration("time", section.timing.hold);
  hold->read_number("requests", section.held_requests);
  hold->refuse_unknown_keys();
}

void read_field(ConfigTable& table, std::string_view key, std::string& into,
                Result<std::string> (*parse)(std::string_view), std::string_view hint) {
  const auto value = table.find(key);
  const auto text = value ? value->text(hint) : std::nullopt;
  if (!text) return;
  auto name = parse(*text);
  if (name) {
    into = std::move(*name);
  } else {
    value->refuse(name.error().message);
  }
}

void read_routes(ConfigTable& table, std::vector<std::string>& routes) {
  constexpr std::size_t kMost = 64;
  table.read_texts("routes", routes, R"(["/user/:name", "/files/*"])", parse_route);
  if (routes.size() > kMost) {
    table.find("routes")->refuse(fmt::format(
        "these are {} routes, and {} is the most; * stands for many", routes.size(), kMost));
  }
}

void read_traffic(ConfigTable& table, TrafficSpec& traffic) {
  table.read_choice("protocol", traffic.protocol,
                    {{"http", Protocol::http}, {"tcp", Protocol::tcp}});
  table.read_choice("backend", traffic.backend,
                    {{"auto", BackendProtocol::automatic},
                     {"http1", BackendProtocol::http1},
                     {"http2", BackendProtocol::http2}});
  table.read_texts("hosts", traffic.match.hosts, R"(["shop.example.com"])", parse_host);
  table.read_texts("paths", traffic.match.paths, R"(["/api"])", parse_path_prefix);
  read_routes(table, traffic.routes);
  table.read_truth("count_routes", traffic.count_routes);
  table.read_truth("replay_posts", traffic.replay_posts);
  table.read_size("keep_request", traffic.keep_request, 0, kMostKept);
  table.read_duration("slow_start", traffic.slow_start);
  if (auto limits = table.read_table("limits", "{ in_flight = 100 }")) {
    limits->read_number("in_flight", traffic.limits.in_flight);
    limits->read_number("queue", traffic.limits.queue);
    limits->read_duration("answer", traffic.limits.answer);
    limits->read_duration("idle_answer", traffic.limits.idle_answer);
    limits->refuse_unknown_keys();
  }
  if (auto generation = table.read_table("generation", R"({ cookie = "livefix" })")) {
    read_field(*generation, "header", traffic.generation.header, parse_field_name,
               R"("X-Generation")");
    read_field(*generation, "cookie", traffic.generation.cookie, parse_cookie_name, R"("livefix")");
    generation->refuse_unknown_keys();
  }
  read_record(table, traffic.record);
  read_replay(table, traffic.replay);
  read_mirror(table, traffic.record, traffic.mirror);
  if (traffic.protocol == Protocol::http) return;
  // What nobody looks at has no names in it.
  for (const std::string_view key :
       {"backend", "hosts", "paths", "routes", "count_routes", "replay_posts", "generation",
        "record", "replay", "mirror", "health"}) {
    if (const auto value = table.find(key)) {
      value->refuse(R"(it is about HTTP, and protocol is "tcp"; remove one of them)");
    }
  }
}

void read_build(ConfigTable& table, ServiceSection& section) {
  auto build = read_command(table, "build", R"("go build -o {output} .")");
  if (!build.empty()) section.build = std::move(build);
  const bool is_wrong = !section.build && table.find("build").has_value();
  if (!section.build && !is_wrong && names_output(section.command)) {
    table.find("command")->refuse(
        R"({output} is what a build makes, and there is none; write build = "go build -o {output} .")");
  }
  // What else would be run?
  if (section.build && section.command.empty() && !table.find("command") &&
      names_output(*section.build)) {
    section.command = {std::string(kOutput)};
  }
}

void read_directory(ConfigTable& table, ServiceSection& section, const std::string& directory,
                    CodeSource source) {
  const auto value = table.find("directory");
  const auto text = value ? value->text(R"("." or a path)") : std::nullopt;
  if (source == CodeSource::tree) {
    section.directory = text ? resolved_path(directory, *text) : directory;
    if (text && !is_directory(section.directory)) {
      value->refuse(
          fmt::format("{} is no directory; write a path from this file", in_quotes(*text)));
    }
  } else if (text) {
    auto place = path_in_commit(*text, "services/cart");
    if (place) {
      section.place = std::move(*place);
    } else {
      value->refuse(place.error().message);
    }
  }
}

}  // namespace

ServiceSection read_service_section(ConfigTable table, const std::string& name,
                                    const std::string& directory, CodeSource source) {
  ServiceSection section;
  section.name = name;
  section.line = table.line();
  if (valid_name(name) != name) {
    table.refuse(fmt::format("{} may have a-z, 0-9 and - only; write \"{}\"", in_quotes(name),
                             valid_name(name)));
  }
  section.command = read_command(table, "command", R"("node server.js")");
  read_directory(table, section, directory, source);
  table.read_number("port", section.port, {1, 65535});
  if (const auto port = table.find("port")) section.port_line = port->line();
  read_build(table, section);
  read_environment(table, section);
  read_watch(table, section, directory);
  table.read_duration("ready", section.timing.ready);
  table.read_duration("drain", section.timing.drain);
  table.read_duration("stop_grace", section.timing.stop_grace);
  read_hold(table, section);
  read_traffic(table, section.traffic);
  read_keep(table, section.keep);
  read_rollout(table, section.rollout);
  table.refuse_unknown_keys();
  return section;
}

}  // namespace livefix::cli
