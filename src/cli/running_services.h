// The livefixes that answer, for the commands that talk to them.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "cli/service_locator.h"
#include "os/fd.h"

namespace livefix::cli {

struct RunningService {
  std::string name;
  std::string socket_path;
  os::Fd connection;
};

// All that are meant and alive. The int is an exit status, after a sentence: none is there, or the
// one that is was killed, or cannot be talked to.
std::expected<std::vector<RunningService>, int> find_running(const ServiceChoice& choice);

// The one that is meant; when several are, `command` ("livefix reload") asks to name one.
std::expected<RunningService, int> find_one_running(const ServiceChoice& choice,
                                                    std::string_view command);

}  // namespace livefix::cli
