// One service, as command line and configuration file say it. What it shares with others is in
// run_spec.h. Plain values, safe to copy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/rollout_policy.h"
#include "model/traffic_spec.h"

namespace livefix {

enum class Runtime : std::uint8_t { other, node, python, go };

// How the program's own build is run before each start of a generation (Go). `{output}` in an
// argument stands for a path that is private to the release.
struct BuildStep {
  std::vector<std::string> command;
  std::string directory{};  // where it runs; empty: the service's directory
};

// Which files make a change when they are saved. Directories are walked from the service's
// directory; those in `ignored_directories` (by name) and hidden ones are not entered.
struct WatchSpec {
  bool enabled = true;
  std::vector<std::string> extensions;  // "js", without dot; empty: every file
  std::vector<std::string> ignored_directories;
  std::vector<std::string> ignored_files;  // glob patterns on the path from the directory
  // Watched whatever they are called and wherever they lie (the program itself): paths from the
  // directory, or absolute ones.
  std::vector<std::string> files;
};

struct Timing {
  Milliseconds ready{30'000};       // from start to the first accepted connection
  Milliseconds drain{30'000};       // from the switch until what is left is cut
  Milliseconds stop_grace{10'000};  // from SIGTERM to SIGKILL
  Milliseconds hold{30'000};        // how long a request waits for a generation
};

struct ServiceSpec {
  std::string name;       // "shop"; no other of the run is called so
  std::string title;      // what the user typed: "node server.js"
  std::string directory;  // absolute: where the program runs and what is watched
  Runtime runtime = Runtime::other;
  std::vector<std::string> command;  // argv; `{output}` as in BuildStep
  std::optional<BuildStep> build;
  std::vector<std::string> environment;  // "NAME=value", for builds and for the program
  std::uint16_t port = 0;                // the public port that was asked for; 0: none
  std::uint32_t held_requests = 10'000;  // how many may wait at once
  WatchSpec watch;
  Timing timing;
  TrafficSpec traffic;

  // Where releases are commits:
  std::string place{};  // of the service in the commit, "services/cart"; empty: all of it
  std::vector<std::string> keep{};  // directories that one release hands to the next, from `place`
  RolloutPolicy rollout{};
};

}  // namespace livefix
