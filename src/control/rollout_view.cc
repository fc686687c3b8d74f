// The rollout that is under way, as somebody who watches sees it.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "control/current_rollout.h"
#include "control/json_event.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

std::string_view outcome_name(rollout::Outcome outcome) {
  switch (outcome) {
    case rollout::Outcome::pass:
      return "pass";
    case rollout::Outcome::fail:
      return "fail";
    case rollout::Outcome::undecided:
      break;
  }
  return "undecided";
}

json::object share_json(const rollout::Share& share) {
  return {{"errors", share.part}, {"requests", share.of}};
}

// How the gates judged when they were looked at last.
json::object look_json(const rollout::Judgement& judgement) {
  const rollout::ErrorJudgement& errors = judgement.errors;
  const rollout::LatencyJudgement& latency = judgement.latency;
  return {{"errors",
           {{"outcome", outcome_name(errors.outcome)},
            {"candidate", share_json(errors.candidate)},
            {"old", share_json(errors.old)},
            {"limit", errors.limit}}},
          {"p99",
           {{"outcome", outcome_name(latency.outcome)},
            {"candidate_us", latency.candidate_p99.count()},
            {"old_us", latency.old_p99.count()},
            {"limit", latency.limit}}}};
}

const rollout::Look* look_of(const rollout::RolloutState& state, const std::string& service) {
  const auto* shifting = std::get_if<rollout::Shifting>(&state.phase);
  const auto* baking = shifting ? std::get_if<rollout::Baking>(&shifting->stage) : nullptr;
  if (!baking) return nullptr;
  const auto found = baking->looks.find(service);
  return found == baking->looks.end() ? nullptr : &found->second;
}

json::object rules_json(const rollout::ServiceRules& rules) {
  const RolloutPolicy& policy = rules.policy;
  return {{"service", rules.name},
          {"steps", json::array(policy.steps.begin(), policy.steps.end())},
          {"bake_ms", policy.bake.count()},
          {"max_error_rate", policy.max_error_rate},
          {"max_p99", policy.max_p99},
          {"health", policy.health ? json::value(valid_utf8(policy.health->path)) : nullptr},
          {"replay", rules.replay.has_value()}};
}

}  // namespace

json::value RolloutDriver::view() const {
  if (!current_) return nullptr;
  const Current& current = *current_;
  json::array services;
  for (const rollout::ServiceRules& rules : current.rules.services) {
    json::object service = rules_json(rules);
    if (const auto part = current.parts.find(rules.name); part != current.parts.end()) {
      service["candidate"] = number(part->second.candidate);
      service["old"] = number(part->second.old);
      service["share"] = part->second.share;
    }
    const rollout::Look* look = look_of(current.state, rules.name);
    service["look"] = look ? json::value(look_json(look->judgement)) : json::value(nullptr);
    services.emplace_back(std::move(service));
  }
  const RolloutStory* story = office_.book().story(current.id);
  const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - current.began);
  return json::object{{"id", current.id},
                      {"commit", current.commit()},
                      {"name", current.name()},
                      {"subject", valid_utf8(current.push.commit.subject)},
                      {"who", valid_utf8(current.who)},
                      {"phase", rollout::name_of(current.state)},
                      {"paused", current.state.paused.has_value()},
                      {"took_ms", took.count()},
                      {"services", std::move(services)},
                      {"lines", json_array(story ? story->lines : std::vector<std::string>())}};
}

}  // namespace livefix::control
