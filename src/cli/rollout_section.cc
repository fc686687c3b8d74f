#include "cli/rollout_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "cli/config_paths.h"
#include "cli/config_reader.h"

namespace livefix::cli {
namespace {

constexpr Milliseconds kShortestCheck{1};
constexpr double kMostOfAll = 100;         // percent of all requests
constexpr double kMostLonger = 1'000'000;  // percent: ten thousand times as long never was a limit

Result<std::string> parse_target(std::string_view text) {
  if (!text.starts_with('/')) {
    return fail("{} does not begin with /; write \"/healthz\"", in_quotes(text));
  }
  const auto fits = [](char c) { return c > ' ' && c < 0x7f && c != '#'; };
  if (!std::ranges::all_of(text, fits)) {
    return fail("{} has a character that a request cannot name; write \"%20\" and the like",
                in_quotes(text));
  }
  return std::string(text);
}

void read_health(ConfigTable& service, std::optional<HealthCheck>& into) {
  constexpr auto kHint = R"({ path = "/healthz", timeout = "10s" })";
  auto table = service.read_table("health", kHint);
  if (!table) return;
  HealthCheck check;
  if (const auto value = table->find("path")) {
    const auto text = value->text(R"("/healthz")");
    auto path = text ? parse_target(*text) : std::string();
    if (path) {
      check.path = std::move(*path);
    } else {
      value->refuse(path.error().message);
    }
  } else {
    table->refuse(R"(it has no path; write path = "/healthz")");
  }
  table->read_duration("timeout", check.timeout, kShortestCheck);
  table->refuse_unknown_keys();
  if (!check.path.empty()) into = std::move(check);
}

// A step of a whole percentage that is more than the one before; nothing after a problem.
std::optional<std::uint32_t> read_step(const ConfigValue& value, std::uint32_t before) {
  const auto percent = value.percent(R"("5%")", kMostOfAll);
  if (!percent) return std::nullopt;
  const auto step = static_cast<std::uint32_t>(std::lround(*percent));
  if (step == 0 || static_cast<double>(step) != *percent) {
    value.refuse(fmt::format("\"{}%\" is no whole percentage from 1% to 100%; write \"{}%\"",
                             *percent, std::max(step, 1U)));
    return std::nullopt;
  }
  if (step <= before) {
    value.refuse(fmt::format("\"{}%\" is no more than the \"{}%\" before it; write ascending steps",
                             step, before));
    return std::nullopt;
  }
  return step;
}

void read_steps(ConfigTable& table, std::vector<std::uint32_t>& into) {
  constexpr auto kHint = R"(["5%", "50%", "100%"])";
  const auto value = table.find("steps");
  if (!value) return;
  const auto elements = value->elements(kHint);
  if (!value->is_array()) return;
  std::vector<std::uint32_t> steps;
  for (const auto& element : elements) {
    const auto step = read_step(element, steps.empty() ? 0 : steps.back());
    if (step) steps.push_back(*step);
  }
  if (steps.size() != elements.size()) return;
  if (steps.empty()) {
    value->refuse(fmt::format("it has no steps; write {}", kHint));
  } else if (steps.back() != kMostOfAll) {
    value->refuse(fmt::format("the last step is \"{}%\"; write \"100%\" after it", steps.back()));
  } else {
    into = std::move(steps);
  }
}

// A pusher waits meanwhile, and for a pause no longer than this either.
void read_look(ConfigTable& table, Milliseconds& into) {
  constexpr Milliseconds kLongestLook{3'600'000};
  Milliseconds time = into;
  table.read_duration("preview", time);
  if (time > kLongestLook) {
    table.find("preview")->refuse("a push waits for it; write \"1h\" or less");
  } else {
    into = time;
  }
}

}  // namespace

void read_rollout(ConfigTable& service, RolloutPolicy& policy) {
  read_health(service, policy.health);
  service.read_choice("plan", policy.plan,
                      {{"auto", PlanChoice::automatic},
                       {"handover", PlanChoice::handover},
                       {"hold", PlanChoice::hold}});
  auto table = service.read_table("rollout", R"({ steps = ["5%", "50%", "100%"] })");
  if (!table) return;
  read_steps(*table, policy.steps);
  table->read_duration("bake", policy.bake);
  table->read_duration("warm", policy.warm);
  table->read_share("max_error_rate", policy.max_error_rate, R"("+0.5%")", kMostOfAll);
  table->read_share("max_p99", policy.max_p99, R"("+50%")", kMostLonger);
  table->read_choice("little_traffic", policy.little_traffic,
                     {{"go_on", LittleTraffic::go_on},
                      {"wait", LittleTraffic::wait},
                      {"refuse", LittleTraffic::refuse}});
  table->read_duration("patience", policy.patience);
  table->read_choice("replay", policy.replay, {{"on", true}, {"off", false}});
  read_look(*table, policy.preview);
  table->refuse_unknown_keys();
}

void read_keep(ConfigTable& service, std::vector<std::string>& keep) {
  constexpr auto kExample = "node_modules";
  std::vector<std::string> paths;
  service.read_texts(
      "keep", paths, R"(["node_modules"])", [&](const std::string& text) -> Result<std::string> {
        auto path = path_in_commit(text, kExample);
        if (!path) return path;
        if (path->empty()) {
          return fail("{} is the whole release; write a directory in it, \"{}\"", in_quotes(text),
                      kExample);
        }
        for (const auto& other : paths) {
          if (other == *path) return fail("{} is there twice; remove one of them", in_quotes(text));
          if (path->starts_with(other + "/") || other.starts_with(*path + "/")) {
            return fail("{} overlaps with \"{}\"; remove one of them", in_quotes(text), other);
          }
        }
        return path;
      });
  keep = std::move(paths);
}

}  // namespace livefix::cli
