// One binary, three roles. The user starts it as the command line, which becomes the keeper; the
// keeper starts it again as proxy and control, with its end of their link at descriptor 3.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdio>
#include <string_view>
#include <utility>
#include <variant>

#include "cli/cli.h"
#include "control/control.h"
#include "keeper/keeper.h"
#include "os/fd.h"
#include "proxy/proxy.h"

namespace {

constexpr int kLink = 3;

int run_role(std::string_view role, int (*run)(livefix::os::Fd link)) {
  struct stat status{};
  if (fstat(kLink, &status) < 0 || !S_ISSOCK(status.st_mode)) {
    fmt::print(stderr, "livefix: {} is started by livefix itself, not by hand\n", role);
    return 2;
  }
  return run(livefix::os::Fd(kLink));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  if (role == "@proxy") return run_role(role, livefix::proxy::run);
  if (role == "@control") return run_role(role, livefix::control::run);

  auto outcome = livefix::cli::run(argc, argv);
  if (const int* exit_status = std::get_if<int>(&outcome)) return *exit_status;
  return livefix::keeper::run(std::move(std::get<livefix::ServiceSpec>(outcome)));
}
