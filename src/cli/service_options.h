// The options of `livefix [options] COMMAND...`, and how they become a RunSpec.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command_detection.h"
#include "cli/command_line.h"
#include "cli/service_section.h"
#include "model/run_spec.h"

namespace livefix::cli {

// As they were typed; empty: not given.
struct ServiceOptions {
  std::string config;                 // a configuration file
  std::vector<std::string> services;  // of that file
  std::string name;
  std::string directory;
  std::string port;
  std::string workers;
  std::vector<std::string> watch_extensions;  // "js,ts" counts as two
  std::vector<std::string> ignore;
  bool no_watch = false;
  std::string ready_timeout;
  std::string drain;
  std::string grace;
  std::string hold;
  bool quiet = false;
  bool verbose = false;
  bool json = false;
  std::string colour;

  // All of them: those of `livefix COMMAND...`.
  void describe_to(CommandLine& command_line);
  // Parts of these that `livefix serve` has as well.
  void describe_timing_to(CommandLine& command_line);
  void describe_output_to(CommandLine& command_line);
};

// Of the terminal and the environment of this process.
struct UserInterface {
  bool is_terminal = false;       // standard output
  bool no_color = false;          // https://no-color.org
  bool dumb_terminal = false;     // TERM=dumb, or not set
  std::string livefix_directory;  // LIVEFIX_DIR, absolute; empty: not set
  std::string current_directory;

  static UserInterface of_process();
};

// Where the program runs and what is watched: --dir or the current directory, absolute.
Result<std::string> service_directory(const ServiceOptions& options, const UserInterface& user);

// `detected` is what comes of the command, `section` what the configuration file says; what is in
// `options` wins over it. The title is left to the caller. The error is one sentence, as below.
Result<ServiceSpec> make_service(const ServiceOptions& options, const ServiceSection& section,
                                 const DetectedCommand& detected, const std::string& directory);

// One or more services as a run; the proxy is left to the caller. `file`: of the configuration,
// absolute; empty: there is none.
Result<RunSpec> make_run(const ServiceOptions& options, const std::string& file,
                         std::vector<ServiceSpec> services, const UserInterface& user);

}  // namespace livefix::cli
