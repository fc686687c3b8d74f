// A certificate for the developer's own machine, which nobody but its owner has reason to trust:
// signed by itself, for localhost and the hosts of the services. It is kept, so that a browser has
// to be told about it once.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/run_spec.h"

namespace livefix::cli {

struct DevelopmentCertificate {
  std::string certificate;  // paths of PEM files
  std::string key;
  std::vector<std::string> names;  // hosts as in TrafficMatch: names, "*.example.com", "[::1]"
};

// Makes both files unless those that are there belong together, are for all the names and last
// for a month. Whether they were made; the error names the file.
Result<bool> ensure_development_certificate(const DevelopmentCertificate& wanted,
                                            std::chrono::system_clock::time_point now);

// Those that the run asks for, for localhost and the hosts of its services where it gives no names;
// then it names their files. Returns those that were made just now.
Result<std::vector<DevelopmentCertificate>> prepare_development_certificates(
    RunSpec& run, std::chrono::system_clock::time_point now);

}  // namespace livefix::cli
