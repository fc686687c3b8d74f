#include "cli/service_locator.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "cli/config_paths.h"
#include "cli/surroundings.h"

namespace livefix::cli {
namespace {

std::vector<LocatedService> services_in(const std::string& run_directory,
                                        const std::string& wanted) {
  std::vector<LocatedService> result;
  for (const auto& name : names_in(run_directory)) {
    if (!wanted.empty() && name != wanted) continue;
    const auto socket_path = fmt::format("{}/{}/control.sock", run_directory, name);
    struct stat status{};
    if (stat(socket_path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
      result.push_back({name, socket_path});
    }
  }
  return result;
}

}  // namespace

void ServiceChoice::describe_to(CommandLine& line) {
  line.value("-n,--name", "NAME", "The service, where several run", name);
  line.value("-C,--dir", "DIR", "The directory it was started for [here or above]", directory);
  line.value("--state", "DIR", "The state directory of a livefix serve [$LIVEFIX_DIR]", state);
}

Located locate_services(const ServiceChoice& choice, const UserInterface& user) {
  const auto name = choice.name.empty() ? std::string("*") : choice.name;
  const auto place = [&](const std::string& run_directory) {
    return Located{services_in(run_directory, choice.name),
                   fmt::format("{}/{}/control.sock", run_directory, name)};
  };
  if (!choice.state.empty()) {
    return place(resolved_path(user.current_directory, choice.state) + "/run");
  }
  // As for whoever starts a service: with LIVEFIX_DIR all state is there, whatever the directory.
  if (!user.livefix_directory.empty()) return place(user.livefix_directory + "/run");
  if (!choice.directory.empty()) {
    const auto directory = (std::filesystem::path(user.current_directory) / choice.directory / "")
                               .lexically_normal()
                               .string();
    return place(directory + ".livefix/run");
  }
  for (std::filesystem::path at = user.current_directory;; at = at.parent_path()) {
    auto located = place((at / ".livefix/run").string());
    if (!located.services.empty()) return located;
    if (at == at.parent_path()) break;
  }
  return {
      {},
      fmt::format(".livefix/run/{}/control.sock in {} and above", name, user.current_directory)};
}

std::string nothing_runs(const ServiceChoice& choice, const Located& located) {
  return fmt::format(
      "no livefix {}runs here (looked for {}); start one with: {}{}",
      choice.name.empty() ? "" : fmt::format("of {} ", choice.name), located.looked_in,
      choice.state.empty() ? "livefix node server.js" : "livefix serve --state " + choice.state,
      choice.state.empty() && choice.directory.empty()
          ? "; one that was started with --state is found with --state or LIVEFIX_DIR"
          : "");
}

}  // namespace livefix::cli
