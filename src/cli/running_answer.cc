#include "cli/running_answer.h"

#include <fmt/format.h>

#include "cli/running_services.h"
#include "cli/service_status.h"

namespace livefix::cli {

std::expected<std::string, int> ask_running(const ServiceChoice& choice, std::string_view command,
                                            const ApiRequest& request) {
  auto service = find_one_running(choice, command);
  if (!service) return std::unexpected(service.error());
  const auto answer = ask(std::move(service->connection), request);
  if (!answer) {
    return std::unexpected(
        complain(fmt::format("asking {}: {}", service->name, answer.error().message), 1));
  }
  if (answer->status == 200) return answer->body;
  const auto outcome = parse_outcome(answer->body);
  return std::unexpected(complain(outcome ? outcome->message : outcome.error().message, 1));
}

int ask_and_print(const ServiceChoice& choice, std::string_view command,
                  const ApiRequest& request) {
  const auto body = ask_running(choice, command, request);
  if (!body) return body.error();
  const auto outcome = parse_outcome(*body);
  if (!outcome) return complain(outcome.error().message, 1);
  if (!outcome->ok) return complain(outcome->message, 1);
  fmt::print("{}\n", outcome->message);
  return 0;
}

}  // namespace livefix::cli
