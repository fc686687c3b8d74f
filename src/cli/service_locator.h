// Which livefix is meant by `livefix status` and its like: every running one has a run directory
// with the socket of its control API, STATE/run/NAME/control.sock; STATE is DIR/.livefix mostly.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/service_options.h"

namespace livefix::cli {

// As typed; empty: not given.
struct ServiceChoice {
  std::string name;
  std::string directory;
  std::string state;

  void describe_to(CommandLine& command_line);
};

struct LocatedService {
  std::string name;
  std::string socket_path;
};

struct Located {
  std::vector<LocatedService> services;  // sorted by name; their keepers may be dead
  std::string looked_in;                 // for the sentence when there is none
};

// With --state in that directory, with LIVEFIX_DIR there, with --dir in that one, else from the
// current directory upwards to the first that has any.
Located locate_services(const ServiceChoice& choice, const UserInterface& user);

// "no livefix runs here (looked for ...); start one with: livefix node server.js"
std::string nothing_runs(const ServiceChoice& choice, const Located& located);

}  // namespace livefix::cli
