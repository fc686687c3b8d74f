// [proxy] of a configuration file. docs/configuration.md tells users what each key means.
#pragma once

#include <cstdint>
#include <string>

#include "model/proxy_spec.h"

namespace livefix::cli {

class ConfigTable;

struct ProxySection {
  std::uint16_t threads = 0;  // 0: one per processor
  ProxySpec spec;
};

// What is wrong becomes a problem of the table. Paths of the file are relative to `directory`.
ProxySection read_proxy_section(ConfigTable table, const std::string& directory);

}  // namespace livefix::cli
