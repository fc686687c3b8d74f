#include "cli/running_services.h"

#include <fmt/format.h>

#include "cli/api_client.h"

namespace livefix::cli {
namespace {

constexpr Milliseconds kPatienceToConnect{2000};

std::string describe_failure(const LocatedService& service, const Error& error) {
  switch (error.os_error) {
    case ECONNREFUSED:
      return fmt::format(
          "{} was started here but its livefix is dead; starting it again removes the files that "
          "it left",
          service.name);
    case EAGAIN:
      return fmt::format("the livefix of {} does not answer", service.name);
    case EACCES:
    case EPERM:
      return fmt::format("{} belongs to another user: {}", service.name, error.message);
    default:
      return error.message;
  }
}

}  // namespace

std::expected<std::vector<RunningService>, int> find_running(const ServiceChoice& choice) {
  const auto located = locate_services(choice, UserInterface::of_process());
  std::vector<RunningService> running;
  std::string failure;
  for (const auto& service : located.services) {
    auto connection = connect_to_socket(service.socket_path, kPatienceToConnect);
    if (connection) {
      running.push_back({service.name, service.socket_path, std::move(*connection)});
    } else if (connection.error().os_error != ENOENT) {  // it ended just now
      failure = describe_failure(service, connection.error());
    }
  }
  if (!running.empty()) return running;
  return std::unexpected(complain(failure.empty() ? nothing_runs(choice, located) : failure, 1));
}

std::expected<RunningService, int> find_one_running(const ServiceChoice& choice,
                                                    std::string_view command) {
  auto running = find_running(choice);
  if (!running) return std::unexpected(running.error());
  if (running->size() == 1) return std::move(running->front());
  std::vector<std::string> names;
  for (const auto& service : *running) names.push_back(service.name);
  return std::unexpected(
      complain(fmt::format("several services run here: {}; name one: {} --name {}",
                           fmt::join(names, ", "), command, names.front()),
               1));
}

}  // namespace livefix::cli
