#include "control/git_backend.h"

#include <fmt/format.h>

#include <filesystem>

namespace livefix::control {

std::vector<std::string> git_backend_command() {
  return {"git", "http-backend"};
}

std::vector<std::string> git_backend_environment(
    const GitHttpSettings& settings, const GitRequest& request, const std::string& token_name,
    const Address& client, std::optional<std::uint64_t> length, const std::string& search_path) {
  const std::filesystem::path repository(settings.repository);
  const auto directory = repository.parent_path().string();
  const auto name = repository.filename().string();
  std::vector<std::string> environment{
      fmt::format("PATH={}", search_path),
      // Of the machine's and the user's configuration nothing applies: what the repository says
      // does.
      "GIT_CONFIG_NOSYSTEM=1",
      "GIT_CONFIG_GLOBAL=/dev/null",
      fmt::format("GIT_PROJECT_ROOT={}", directory),
      "GIT_HTTP_EXPORT_ALL=1",
      "GATEWAY_INTERFACE=CGI/1.1",
      "SERVER_PROTOCOL=HTTP/1.1",
      // REMOTE_USER is also what lets http-backend serve pushes.
      fmt::format("REMOTE_USER={}", token_name),
      fmt::format("REMOTE_ADDR={}", client.ip()),
      fmt::format("LIVEFIX_PUSHER={}", token_name),
  };
  if (request.advertises) {
    environment.insert(environment.end(),
                       {"REQUEST_METHOD=GET", fmt::format("PATH_INFO=/{}/info/refs", name),
                        fmt::format("QUERY_STRING=service={}", request.service_name())});
  } else {
    environment.insert(
        environment.end(),
        {"REQUEST_METHOD=POST", fmt::format("PATH_INFO=/{}/{}", name, request.service_name()),
         "QUERY_STRING=",
         fmt::format("CONTENT_TYPE=application/x-{}-request", request.service_name())});
    if (length) environment.push_back(fmt::format("CONTENT_LENGTH={}", *length));
  }
  if (request.is_gzipped) environment.emplace_back("HTTP_CONTENT_ENCODING=gzip");
  if (!request.protocol.empty()) {
    environment.push_back(fmt::format("HTTP_GIT_PROTOCOL={}", request.protocol));
  }
  environment.insert(environment.end(), settings.environment.begin(), settings.environment.end());
  return environment;
}

}  // namespace livefix::control
