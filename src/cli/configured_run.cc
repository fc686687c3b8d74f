#include "cli/configured_run.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "cli/config_paths.h"
#include "cli/development_certificate.h"

namespace livefix::cli {
namespace {

int prepare_certificates(RunSpec& run, const ServiceOptions& options, const UserInterface& user) {
  const auto made = prepare_development_certificates(run, std::chrono::system_clock::now());
  if (!made) return complain(made.error().message, 1);
  for (const DevelopmentCertificate& one : *made) {
    if (options.quiet || options.json) break;
    const auto shown =
        std::filesystem::path(one.certificate).lexically_proximate(user.current_directory).string();
    complain(fmt::format("made a certificate for {}: {}; tell your browser to trust it, or "
                         "write curl --cacert {}",
                         fmt::join(one.names, ", "), shown, shown),
             0);
  }
  return 0;
}

}  // namespace

std::optional<ConfigFile> open_config(const std::string& shown, const UserInterface& user,
                                      CodeSource source) {
  auto config = read_config(resolved_path(user.current_directory, shown), shown, source);
  if (config) return std::move(*config);
  for (const auto& sentence : config.error()) fmt::print(stderr, "{}\n", sentence);
  return std::nullopt;
}

bool can_run(const ConfigFile& config, const Sections& sections, bool has_words) {
  ConfigErrors sentences = clashes_of(config, sections);
  for (const auto* section : sections) {
    if (has_words || !section->command.empty()) continue;
    sentences.push_back(
        fmt::format("livefix: service.{} in {} has no command; write command = \"node server.js\"",
                    section->name, config.shown));
  }
  for (const auto& sentence : sentences) fmt::print(stderr, "{}\n", sentence);
  return sentences.empty();
}

int complete_run(RunSpec& run, const ConfigFile& config, const ServiceOptions& options,
                 const UserInterface& user) {
  run.proxy = config.proxy.spec;
  run.receivers = config.receivers;
  run.otlp = config.otlp;
  if (options.workers.empty()) run.workers = config.proxy.threads;
  return prepare_certificates(run, options, user);
}

}  // namespace livefix::cli
