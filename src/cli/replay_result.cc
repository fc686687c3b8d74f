#include "cli/replay_result.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "cli/json_fields.h"
#include "cli/terminal_text.h"

namespace livefix::cli {

Result<ReplayLine> parse_replay_line(std::string_view json) {
  const auto object = parse_json_object(json);
  if (!object) return std::unexpected(object.error());
  if (object->contains("failing")) {
    return ReplayTotals{number_at(*object, "sent"), number_at(*object, "not_sent"),
                        number_at(*object, "failing")};
  }
  if (object->contains("message")) return ReplayRefusal{text_at(*object, "message")};
  ReplayedRequest request{.id = number_at(*object, "id"),
                          .method = text_at(*object, "method"),
                          .target = text_at(*object, "target"),
                          .before = number_at(*object, "status"),
                          .now = {},
                          .outcome = text_at(*object, "outcome"),
                          .text = text_at(*object, "text"),
                          .exchange = {}};
  if (const auto* now = object_at(*object, "now")) request.now = text_at(*now, "ended");
  if (const auto* whole = object_at(*object, "exchange")) {
    request.exchange = boost::json::serialize(*whole);
  }
  return request;
}

std::string replayed_text(const ReplayedRequest& request) {
  constexpr std::size_t kTargetColumns = 40;  // columns of it that the others stand behind
  const std::string what = request.method.empty()
                               ? ""
                               : fmt::format("{:<6} {:<{}}  ", terminal_text(request.method),
                                             terminal_text(request.target), kTargetColumns);
  if (request.now.empty()) {
    return fmt::format("{:>6}  {}not sent: {}\n", request.id, what, terminal_text(request.text));
  }
  return fmt::format("{:>6}  {}{} → {:<10}  {}\n", request.id, what, request.before,
                     terminal_text(request.now), terminal_text(request.text));
}

}  // namespace livefix::cli
