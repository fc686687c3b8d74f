// What livefix is asked to run: services, and the proxy and the output that they share. Made once,
// before the keeper starts; the keeper hands it to each control it starts. Plain values, safe to
// copy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/commit_spec.h"
#include "model/notify_spec.h"
#include "model/otlp_spec.h"
#include "model/proxy_spec.h"
#include "model/service_spec.h"

namespace livefix {

// Each has counters of its own in the memory that the roles share (model/traffic_stats.h).
inline constexpr std::size_t kMaxServices = 16;

enum class Verbosity : std::uint8_t { quiet, normal, verbose };

struct OutputSpec {
  Verbosity verbosity = Verbosity::normal;
  bool json = false;      // one event a line
  bool colour = false;    // on a terminal, or because the user insists
  bool terminal = false;  // standard output is one: programs get a pseudo-terminal too
};

struct RunSpec {
  std::string name;           // of the run: the service's where it is one
  std::string run_directory;  // absolute: sockets and builds, removed at the end
  // 1 to kMaxServices. The place of one in here is its `service_index` everywhere.
  std::vector<ServiceSpec> services;
  std::uint16_t workers = 0;  // proxy threads; 0: as many as the machine allows
  ProxySpec proxy;
  OutputSpec output;
  std::optional<CommitSpec> commits{};  // none: what runs is the tree as it is
  std::vector<NotifySpec> receivers{};  // of notifications; at most kMaxReceivers
  std::optional<OtlpSpec> otlp{};       // none: nobody is told of traces
};

// Bytes of what is recorded, of all services one behind the other.
inline std::size_t record_memory(const RunSpec& run) {
  std::size_t bytes = 0;
  for (const ServiceSpec& service : run.services) bytes += service.traffic.record.memory;
  return bytes;
}

}  // namespace livefix
