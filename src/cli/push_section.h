// [push] of a configuration file: what `livefix serve` takes and keeps. docs/configuration.md tells
// users what each key means.
#pragma once

#include <span>
#include <string>

#include "model/commit_spec.h"
#include "model/proxy_spec.h"

namespace livefix::cli {

class ConfigTable;

// What is wrong becomes a problem of the table. Paths of the file are relative to `directory`;
// `doors` are the proxy's. Where commits are kept, and by which program, is left to the caller.
CommitSpec read_push_section(ConfigTable table, const std::string& directory,
                             std::span<const ListenSpec> doors);

}  // namespace livefix::cli
