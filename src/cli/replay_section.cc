#include "cli/replay_section.h"

#include <algorithm>

#include "base/result.h"
#include "cli/config_problems.h"

namespace livefix::cli {
namespace {

constexpr Milliseconds kShortestReplay{1};

// As programs know them: POST and post are two methods.
Result<std::string> parse_method(const std::string& text) {
  constexpr std::size_t kLongest = 32;
  const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; };
  if (text.empty() || text.size() > kLongest || !std::ranges::all_of(text, fits)) {
    return fail("{} is no method; write \"POST\"", in_quotes(text));
  }
  if (text == "CONNECT" || text == "TRACE") {
    return fail("{} cannot be sent again; remove it", in_quotes(text));
  }
  return text;
}

}  // namespace

void read_replay(ConfigTable& service, ReplaySpec& replay) {
  auto table = service.read_table("replay", R"({ methods = ["POST"] })");
  if (!table) return;
  table->read_texts("methods", replay.methods, R"(["POST"])", parse_method);
  table->read_choice("failures", replay.failures_must_pass, {{"tell", false}, {"must_pass", true}});
  table->read_choice("healthy", replay.healthy_must_be_alike,
                     {{"tell", false}, {"must_be_alike", true}});
  table->read_duration("time", replay.time, kShortestReplay);
  table->refuse_unknown_keys();
}

}  // namespace livefix::cli
