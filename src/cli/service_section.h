// [service.NAME] of a configuration file. docs/configuration.md tells users what each key means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/service_spec.h"

namespace livefix::cli {

class ConfigTable;

// Says what `directory` is: in the tree beside the file, where it has to be, or in each commit.
enum class CodeSource : std::uint8_t { tree, commits };

// The defaults are those without a file, so that a service without one is ServiceSection{}.
struct ServiceSection {
  std::string file;                               // absolute path of the file; empty: there is none
  std::string name;                               // empty: found as without a file
  std::uint32_t line = 0;                         // where it begins in the file
  std::vector<std::string> command;               // empty: not given
  std::string directory;                          // absolute; empty: not given, or of commits
  std::optional<std::vector<std::string>> build;  // as in BuildStep
  std::uint16_t port = 0;                         // 0: the program's own
  std::uint32_t port_line = 0;
  std::vector<std::string> environment;  // "NAME=value"
  WatchSpec watch;                       // no extensions: those of the runtime
  Timing timing;
  std::uint32_t held_requests = 10'000;
  TrafficSpec traffic;

  // Of releases that are commits; of a tree these are checked only.
  std::string place;  // as in ServiceSpec
  std::vector<std::string> keep;
  RolloutPolicy rollout;
};

// What is wrong becomes a problem of the table. Paths of the file are relative to `directory`.
ServiceSection read_service_section(ConfigTable table, const std::string& name,
                                    const std::string& directory, CodeSource source);

}  // namespace livefix::cli
