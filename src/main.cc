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
#include "proxy/sandbox.h"

namespace {

constexpr int kLink = 3;

bool has_link(std::string_view role) {
  struct stat status{};
  if (fstat(kLink, &status) == 0 && S_ISSOCK(status.st_mode)) return true;
  fmt::print(stderr, "livefix: {} is started by livefix itself, not by hand\n", role);
  return false;
}

int run_proxy(livefix::os::Fd link) {
  if (const auto entered = livefix::proxy::enter_sandbox(); !entered) {
    fmt::print(stderr, "livefix: the proxy runs without its whole sandbox: {}\n",
               entered.error().message);
  }
  return livefix::proxy::run(std::move(link));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  if (role == "@proxy" || role == "@control") {
    if (!has_link(role)) return 2;
    livefix::os::Fd link(kLink);
    return role == "@proxy" ? run_proxy(std::move(link)) : livefix::control::run(std::move(link));
  }

  auto outcome = livefix::cli::run(argc, argv);
  if (const int* exit_status = std::get_if<int>(&outcome)) return *exit_status;
  return livefix::keeper::run(std::move(std::get<livefix::RunSpec>(outcome)));
}
