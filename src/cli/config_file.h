// livefix.toml: the optional file that describes services and the proxy. Without it the command
// line is the service. Read once, before the keeper starts.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/proxy_section.h"
#include "cli/service_section.h"
#include "model/commit_spec.h"
#include "model/notify_spec.h"
#include "model/otlp_spec.h"

namespace livefix::cli {

inline constexpr std::string_view kConfigName = "livefix.toml";

struct ConfigFile {
  std::string shown;                     // how the user would name it: "livefix.toml"
  std::vector<ServiceSection> services;  // by their names
  ProxySection proxy;
  CommitSpec push;  // of releases that are commits
  std::vector<NotifySpec> receivers;
  std::optional<OtlpSpec> otlp;
};

// Everything that is wrong with a file: a sentence each, which begins with the file.
using ConfigErrors = std::vector<std::string>;

// `path` is absolute. What is no file, cannot be read or is larger than a megabyte is refused.
std::expected<ConfigFile, ConfigErrors> read_config(const std::string& path,
                                                    const std::string& shown, CodeSource source);

// As read_config(), of a text; `path` is where it would lie.
std::expected<ConfigFile, ConfigErrors> parse_config(std::string_view text, const std::string& path,
                                                     const std::string& shown, CodeSource source);

// There is something of the file's name in `directory`, be it readable or not.
bool has_config(const std::string& directory);

// The services that --service names, in the order of the file; all where none is named. The error
// is one sentence.
Result<std::vector<const ServiceSection*>> choose_services(const ConfigFile& config,
                                                           const std::vector<std::string>& wanted);

// What keeps services from running together: requests that nothing tells apart. Empty: nothing.
ConfigErrors clashes_of(const ConfigFile& config,
                        const std::vector<const ServiceSection*>& services);

}  // namespace livefix::cli
