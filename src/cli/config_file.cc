#include "cli/config_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/config_paths.h"
#include "cli/config_reader.h"
#include "cli/nearest_name.h"
#include "cli/notify_section.h"
#include "cli/otlp_section.h"
#include "cli/push_section.h"
#include "cli/surroundings.h"
#include "cli/toml_library.h"
#include "model/run_spec.h"
#include "model/told_apart.h"
#include "os/small_file.h"

namespace livefix::cli {
namespace {

constexpr std::size_t kLargestConfig = 1 << 20;
constexpr auto kNoUtf8 = "it is no text in UTF-8; save it as such";

Result<std::string> contents_of(const std::string& path, const std::string& shown) {
  auto text = os::read_small_file(path, kLargestConfig);
  if (text) return text;
  if (text.error().os_error != ENOENT) return fail("{}: {}", shown, text.error().message);
  const auto parent = std::filesystem::path(path).parent_path().string();
  const auto nearest = nearest_name(base_name(path), names_in(parent));
  if (!nearest) return fail("{}: no such file", shown);
  return fail("{}: no such file; did you mean {}?", shown,
              shown.substr(0, shown.size() - base_name(shown).size()) + *nearest);
}

// The line with the first byte that cannot be UTF-8; 0: there is none. The parser finds what is
// finer than that (overlong forms, surrogates), but knows the place of neither to the line.
std::uint32_t line_that_is_no_utf8(std::string_view text) {
  std::uint32_t line = 1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == '\n') ++line;
    if (byte < 0x80) continue;
    const auto leading = std::countl_one(byte);
    if (leading < 2 || leading > 4) return line;
    for (int more = 1; more < leading; ++more) {
      ++at;
      if (at == text.size() || (static_cast<unsigned char>(text[at]) & 0xc0U) != 0x80U) return line;
    }
  }
  return 0;
}

// What is right after the "=" in a line of the text; empty: there is none.
std::string_view value_in_line(std::string_view text, std::size_t line) {
  for (; line > 1 && !text.empty(); --line) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  text = text.substr(0, text.find('\n'));
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return {};
  const auto value = text.find_first_not_of(" \t", equals + 1);
  return value == std::string_view::npos ? std::string_view{} : text.substr(value);
}

// The parser's own words, and what to do where those do not lead there.
std::string describe(const toml::parse_error& error, std::string_view text) {
  const auto description = error.description();
  const auto [line, column] = error.source().begin;
  if (description.find("utf-8") != std::string_view::npos) return kNoUtf8;
  auto sentence = fmt::format("it is no TOML at column {}: {}", column, description);
  const auto value = value_in_line(text, line);
  const bool is_word = !value.empty() && std::string_view("\"'[{+-0123456789#").find(value[0]) ==
                                             std::string_view::npos;
  if (is_word) sentence += "; text needs quotes";
  return sentence;
}

}  // namespace

std::expected<ConfigFile, ConfigErrors> parse_config(std::string_view text, const std::string& path,
                                                     const std::string& shown, CodeSource source) {
  ConfigProblems problems(shown);
  if (const auto line = line_that_is_no_utf8(text); line != 0) {
    problems.add(line, "", kNoUtf8);
    return std::unexpected(problems.sentences());
  }
  const auto parsed = toml::parse(text);
  if (!parsed) {
    const auto& error = parsed.error();
    problems.add(error.source().begin.line, "", describe(error, text));
    return std::unexpected(problems.sentences());
  }
  const auto directory = std::filesystem::path(path).parent_path().string();
  ConfigFile config;
  config.shown = shown;
  ConfigTable table(parsed.table(), "", problems);
  if (const auto services = table.read_table("service", "[service.NAME]")) {
    for (const auto& [name, value] : services->entries()) {
      auto section = value.table(fmt::format("[{}]", value.key()));
      if (!section) continue;
      config.services.push_back(read_service_section(std::move(*section), name, directory, source));
      config.services.back().file = path;
    }
  }
  if (auto proxy = table.read_table("proxy", "[proxy]")) {
    config.proxy = read_proxy_section(std::move(*proxy), directory);
  }
  if (auto push = table.read_table("push", "[push]")) {
    config.push = read_push_section(std::move(*push), directory, config.proxy.spec.listen);
  }
  if (const auto notify = table.find("notify")) {
    config.receivers = read_receivers(*notify, directory);
  }
  if (auto otlp = table.read_table("otlp", "[otlp]")) {
    config.otlp = read_otlp_section(std::move(*otlp), directory);
  }
  table.refuse_unknown_keys();
  if (!problems.empty()) return std::unexpected(problems.sentences());
  return config;
}

std::expected<ConfigFile, ConfigErrors> read_config(const std::string& path,
                                                    const std::string& shown, CodeSource source) {
  const auto text = contents_of(path, shown);
  if (!text) return std::unexpected(ConfigErrors{text.error().message});
  return parse_config(*text, path, shown, source);
}

bool has_config(const std::string& directory) {
  struct stat status{};
  return lstat(resolved_path(directory, std::string(kConfigName)).c_str(), &status) == 0;
}

Result<std::vector<const ServiceSection*>> choose_services(const ConfigFile& config,
                                                           const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  for (const auto& service : config.services) names.push_back(service.name);
  for (const auto& name : wanted) {
    if (std::ranges::find(names, name) != names.end()) continue;
    if (names.empty()) {
      return fail("--service: {} describes no service; add [service.{}]", config.shown, name);
    }
    const auto nearest = nearest_name(name, names);
    return fail("--service: {} has no service {}; {}", config.shown, name,
                nearest ? fmt::format("did you mean {}?", *nearest)
                        : fmt::format("it has {}", fmt::join(names, ", ")));
  }
  std::vector<const ServiceSection*> chosen;
  for (const auto& service : config.services) {
    if (wanted.empty() || std::ranges::find(wanted, service.name) != wanted.end()) {
      chosen.push_back(&service);
    }
  }
  if (chosen.size() > kMaxServices) {
    return fail("{} has {} services, and one livefix runs up to {}; choose some with --service",
                config.shown, chosen.size(), kMaxServices);
  }
  return chosen;
}

ConfigErrors clashes_of(const ConfigFile& config,
                        const std::vector<const ServiceSection*>& services) {
  constexpr auto kRemedy = "give one of them hosts or paths of its own";
  ConfigProblems problems(config.shown);
  for (std::size_t i = 0; i < services.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const auto& service = *services[i];
      const auto& other = *services[j];
      if (told_apart(service.traffic, other.traffic)) continue;
      if (service.port != 0 && service.port == other.port) {
        problems.add(service.port_line, joined_key("service." + service.name, "port"),
                     fmt::format("{} is the port of service.{} as well, and nothing tells requests "
                                 "for the two apart; write another one, or {}",
                                 service.port, other.name, kRemedy));
      } else if (!config.proxy.spec.listen.empty() &&
                 service.traffic.protocol == other.traffic.protocol) {
        problems.add(service.line, "service." + service.name,
                     fmt::format("at proxy.listen nothing tells requests for it and for service.{} "
                                 "apart; {}",
                                 other.name, kRemedy));
      }
    }
  }
  return problems.sentences();
}

}  // namespace livefix::cli
