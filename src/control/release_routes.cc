#include "control/release_routes.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <ranges>

#include "control/audit_log.h"
#include "control/json_event.h"
#include "control/phrases.h"
#include "control/query_words.h"
#include "control/release_choice.h"
#include "ledger/event_hash.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

std::string time_text(WallTime time) {
  return fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

// "7f3c2d1-1f2e3d4c", as livefix rollback takes it; empty of what never went live.
std::string release_name(const ReleaseBook& book, const RolloutStory& story) {
  const ReleaseRecord* release = book.release(story.rollout.release);
  return release ? release->name : std::string();
}

json::object story_json(const ReleaseBook& book, const RolloutStory& story) {
  return {{"id", story.rollout.id},
          {"commit", story.rollout.commit},
          {"release", release_name(book, story)},
          {"subject", valid_utf8(story.rollout.subject)},
          {"services", json_array(story.rollout.services)},
          {"who", valid_utf8(story.who)},
          {"began", time_text(story.began)},
          {"took_ms", story.took.count()},
          {"phase", story.phase},
          {"outcome", story.outcome},
          {"rollback", story.is_rollback},
          {"gate", story.gate},
          {"figures", figures_json(story.figures)},
          {"message", valid_utf8(story.message)},
          {"symptoms", json_array(story.symptoms)}};
}

ApiAnswer history(const ReleaseParts& parts, std::string_view text) {
  const auto most = text.empty() ? std::optional(kMostStories) : number_in<std::size_t>(text);
  if (!most || *most == 0) {
    return api_outcome(400, false, fmt::format("most={} is no number of rollouts", text));
  }
  return {200, history_json(parts, std::min(*most, kMostStories))};
}

ApiAnswer one_rollout(const ReleaseParts& parts, std::string_view id) {
  const ReleaseBook& book = parts.office->book();
  const RolloutStory* story = find_story(book, id);
  if (!story) {
    return api_outcome(404, false,
                       fmt::format("there is no rollout {}; livefix history lists them", id));
  }
  json::object told = story_json(book, *story);
  told["lines"] = json_array(story->lines);
  return {200, json::serialize(told)};
}

ApiAnswer audit(const ReleaseParts& parts, std::string_view known_head) {
  std::optional<ledger::Head> known;
  if (!known_head.empty()) {
    const auto parsed = ledger::parse_head(known_head);
    if (!parsed) return api_outcome(400, false, parsed.error().message);
    known = *parsed;
  }
  const auto verified = parts.office->ledger().verify(known);
  if (!verified) return api_outcome(409, false, verified.error().message);
  const std::string since =
      known ? fmt::format(", those up to {} as they were then", known->sequence) : "";
  return api_outcome(200, true,
                     fmt::format("{}, all as they were written{}; the head is {}",
                                 count_text(verified->events, "event"), since,
                                 ledger::head_text({verified->events, verified->last_hash})));
}

ApiAnswer audit_log(const ReleaseParts& parts, std::string_view most) {
  const auto count = most.empty() ? std::optional<std::size_t>(20) : number_in<std::size_t>(most);
  if (!count || *count == 0 || *count > kMostAuditEvents) {
    return api_outcome(400, false,
                       fmt::format("most={} is no number from 1 to {}", most, kMostAuditEvents));
  }
  auto log = audit_log_json(parts.office->ledger(), *count);
  if (!log) return api_outcome(409, false, log.error().message);
  return {200, std::move(*log)};
}

}  // namespace

std::string history_json(const ReleaseParts& parts, std::size_t most) {
  const ReleaseBook& book = parts.office->book();
  json::array rollouts;
  for (const RolloutStory& story :
       book.stories() | std::views::reverse | std::views::take(static_cast<std::ptrdiff_t>(most))) {
    rollouts.emplace_back(story_json(book, story));
  }
  json::object running;
  for (const auto& [service, release] : parts.office->running()) running[service] = release.commit;
  return json::serialize(json::object{{"running", std::move(running)},
                                      {"now", parts.rollouts->describe()},
                                      {"rollouts", std::move(rollouts)}});
}

std::vector<ControlApi::Route> release_routes(const std::function<ReleaseParts()>& parts,
                                              const std::function<bool()>& is_stopping) {
  using enum ControlApi::Method;
  using Handler = std::function<void(const ReleaseParts&, const ApiRequest&, const ApiReply&)>;
  const auto guarded = [parts, is_stopping](bool changes, const Handler& handle) {
    return [parts, is_stopping, changes, handle](const ApiRequest& request, const ApiReply& reply) {
      const ReleaseParts found = parts();
      if (!found.trouble.empty()) {
        return reply.answer(api_outcome(
            503, false, found.trouble + "; what runs goes on, and livefix tries this again"));
      }
      if (!found.office) return reply.answer(api_outcome(409, false, kRunsNoCommits));
      if (changes && is_stopping()) {
        return reply.answer(api_outcome(409, false, "livefix is stopping"));
      }
      handle(found, request, reply);
    };
  };

  std::vector<ControlApi::Route> routes{
      {get,
       "/v1/history",
       {"most"},
       guarded(false,
               [](const ReleaseParts& with, const ApiRequest& request, const ApiReply& reply) {
                 reply.answer(history(with, request.parameter("most")));
               })},
      {get,
       "/v1/rollout",
       {"id"},
       guarded(false,
               [](const ReleaseParts& with, const ApiRequest& request, const ApiReply& reply) {
                 reply.answer(one_rollout(with, request.parameter("id")));
               })},
      {get,
       "/v1/audit",
       {"head"},
       guarded(false,
               [](const ReleaseParts& with, const ApiRequest& request, const ApiReply& reply) {
                 reply.answer(audit(with, request.parameter("head")));
               })},
      {get,
       "/v1/audit/log",
       {"most"},
       guarded(false,
               [](const ReleaseParts& with, const ApiRequest& request, const ApiReply& reply) {
                 reply.answer(audit_log(with, request.parameter("most")));
               })},
      {post,
       "/v1/push",
       {},
       guarded(true,
               [](const ReleaseParts& with, const ApiRequest& request, const ApiReply& reply) {
                 const auto push = parse_push(request.body);
                 if (!push) return reply.answer(api_outcome(400, false, push.error().message));
                 if (with.rollback->is_busy()) {
                   return reply.answer(api_outcome(
                       409, false, "refused: a rollback is under way; push again in a moment"));
                 }
                 with.rollouts->push(*push, reply);
               })},
      {post,
       "/v1/rollback",
       {"to", "who", "ref_only"},
       guarded(true,
               [](const ReleaseParts& with, const ApiRequest& request, const ApiReply& reply) {
                 if (with.rollouts->is_busy() || with.rollback->is_busy()) {
                   const std::string now = with.rollouts->describe();
                   return reply.answer(
                       api_outcome(409, false,
                                   fmt::format("{}; livefix abort ends it",
                                               now.empty() ? "a rollback is under way" : now)));
                 }
                 with.rollback->begin({std::string(request.parameter("to")), request.who(),
                                       request.parameter("ref_only") == "true"},
                                      reply);
               })},
  };
  using Command = RolloutDriver::Command;
  constexpr std::array<std::pair<std::string_view, Command>, 4> kCommands{
      {{"/v1/pause", Command::pause},
       {"/v1/resume", Command::resume},
       {"/v1/promote", Command::promote},
       {"/v1/abort", Command::abort}}};
  for (const auto& [path, command] : kCommands) {
    routes.push_back({post,
                      path,
                      {"who"},
                      guarded(true, [command](const ReleaseParts& with, const ApiRequest& request,
                                              const ApiReply& reply) {
                        with.rollouts->command(command, request.who(), {}, reply);
                      })});
  }
  return routes;
}

}  // namespace livefix::control
