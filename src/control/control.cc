#include "control/control.h"

#include <csignal>

#include "control/driver.h"

namespace livefix::control {

int run(os::Fd link) {
  // Signals of the terminal are the keeper's: it tells control what the user wants.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(number, SIG_IGN);
  Driver driver(std::move(link), {[](const std::string& directory, const WatchSpec& spec) {
                  return watch::TreeWatcher::create(directory, spec);
                }});
  return driver.run();
}

}  // namespace livefix::control
