// What `livefix` and `livefix serve` do alike with a configuration file. Each function prints what
// is wrong, and its result says whether to go on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/config_file.h"
#include "cli/service_options.h"
#include "model/run_spec.h"

namespace livefix::cli {

using Sections = std::vector<const ServiceSection*>;

// `shown` is how the user calls the file, from the current directory. Nothing: it cannot be used.
std::optional<ConfigFile> open_config(const std::string& shown, const UserInterface& user,
                                      CodeSource source);

// The services can run together, and unless the command line has a command for it, each says one.
bool can_run(const ConfigFile& config, const Sections& sections, bool has_words);

// Gives the run what the file says of the proxy, and makes the certificates that are asked for.
// An exit status: 0, or 1 where one could not be made.
int complete_run(RunSpec& run, const ConfigFile& config, const ServiceOptions& options,
                 const UserInterface& user);

}  // namespace livefix::cli
