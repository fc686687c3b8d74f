// [otlp] of a configuration file: which collector is told of traces. docs/configuration.md tells
// users what each key means.
#pragma once

#include <optional>
#include <string>

#include "model/otlp_spec.h"

namespace livefix::cli {

class ConfigTable;

// What is wrong becomes a problem of the table; nullopt: it has no endpoint. Paths of the file are
// relative to `directory`.
std::optional<OtlpSpec> read_otlp_section(ConfigTable table, const std::string& directory);

}  // namespace livefix::cli
