#include "cli/release_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "base/duration_text.h"
#include "cli/json_fields.h"
#include "cli/terminal_text.h"

namespace livefix::cli {
namespace {

constexpr std::size_t kShort = 7;  // of a commit
constexpr std::size_t kShownFiles = 10;

std::string short_text(const boost::json::object& object, std::string_view key) {
  return text_at(object, key).substr(0, kShort);
}

std::string time_at(const boost::json::object& object, std::string_view key) {
  return duration_text(std::chrono::milliseconds{number_at(object, key)});
}

std::string_view way_text(std::string_view plan) {
  if (plan == "first_start") return "first start";
  if (plan == "hold") return "hold and switch over";
  return plan;
}

void add(std::string& text, std::string_view name, std::string_view what) {
  text += fmt::format("    {:<7} {}\n", name, what);
}

void add_files(std::string& text, const boost::json::object& service) {
  const auto* changed = object_at(service, "changed");
  const auto count = changed ? number_at(*changed, "count") : 0;
  if (count == 0) return;
  add(text, "files", fmt::format("{} changed since {}", count, short_text(service, "runs")));
  std::int64_t shown = 0;
  for (const auto* file : objects_at(*changed, "files")) {
    if (shown == std::int64_t{kShownFiles}) break;
    text += fmt::format("            {} {}\n", terminal_text(text_at(*file, "status")),
                        terminal_text(text_at(*file, "path")));
    ++shown;
  }
  if (count > shown) text += fmt::format("            and {} more\n", count - shown);
}

void add_rollout(std::string& text, const boost::json::object& rollout, bool compares) {
  std::vector<std::string> gates;
  if (const auto* health = object_at(rollout, "health")) {
    gates.push_back(fmt::format("{} answers within {}", terminal_text(text_at(*health, "path")),
                                time_at(*health, "timeout_ms")));
  }
  if (flag_at(rollout, "replay")) gates.emplace_back("no recorded request fails anew");
  if (flag_at(rollout, "mirror")) gates.emplace_back("no live request fails anew");
  gates.emplace_back("no crash");
  const double errors = 100 * fraction_at(rollout, "max_error_rate");
  if (compares) {
    gates.push_back(fmt::format("errors at most {:g} % above the old one's", errors));
    gates.push_back(
        fmt::format("p99 at most {:g} % above it", 100 * fraction_at(rollout, "max_p99")));
  } else {
    gates.push_back(fmt::format("errors at most {:g} %", errors));
  }
  add(text, "gates", fmt::format("{}", fmt::join(gates, " · ")));
  std::vector<std::string> steps;
  for (const auto& step : array_at(rollout, "steps")) {
    if (step.is_int64()) steps.push_back(fmt::format("{} %", step.get_int64()));
  }
  std::string way =
      fmt::format("{}, each for {}", fmt::join(steps, ", "), time_at(rollout, "bake_ms"));
  if (compares) {
    way += fmt::format(", then the old one is kept warm for {}", time_at(rollout, "warm_ms"));
  }
  add(text, "steps", way);
}

void add_service(std::string& text, const boost::json::object& service, std::size_t longest) {
  const std::string plan = text_at(service, "plan");
  text += fmt::format("  {:<{}}  {}: {}\n", text_at(service, "service"), longest, way_text(plan),
                      terminal_text(text_at(service, "reason")));
  add_files(text, service);
  if (plan == "nothing" || plan == "refused") return;
  if (const auto build = text_at(service, "build"); !build.empty()) {
    add(text, "build", terminal_text(build));
  }
  if (const auto* rollout = object_at(service, "rollout")) {
    add_rollout(text, *rollout, plan != "first_start");
  }
}

// Of the whole commit, after its services.
void add_release(std::string& text, const boost::json::object& plan) {
  if (flag_at(plan, "built"))
    text += "  it lies there from an earlier rollout, with what it had built\n";
  for (const auto* keep : objects_at(plan, "keep")) {
    const auto directory = terminal_text(text_at(*keep, "directory"));
    text += flag_at(*keep, "carried") ? fmt::format("  {} is carried over\n", directory)
                                      : fmt::format("  {} is not carried over: {}\n", directory,
                                                    terminal_text(text_at(*keep, "reason")));
  }
  if (flag_at(plan, "forced")) {
    text += fmt::format("  what {} is at ({}) is not in its history: the push has to be forced\n",
                        terminal_text(text_at(plan, "branch")), short_text(plan, "branch_head"));
  }
  if (const auto busy = text_at(plan, "busy"); !busy.empty()) {
    text += fmt::format("  a push would be refused now: {}\n", terminal_text(busy));
  }
}

}  // namespace

Result<std::string> plan_text(std::string_view json) {
  const auto plan = parse_json_object(json);
  if (!plan) return std::unexpected(plan.error());
  std::string text = fmt::format("{}  {}\n", short_text(*plan, "commit"),
                                 terminal_text(text_at(*plan, "subject")));
  if (const auto refused = text_at(*plan, "refused"); !refused.empty()) {
    text += fmt::format("  a push of it would be refused: {}\n", terminal_text(refused));
  }
  if (const auto who = text_at(*plan, "signed_by"); !who.empty()) {
    text += fmt::format("  signed by {}\n", terminal_text(who));
  }
  const auto services = objects_at(*plan, "services");
  std::size_t longest = 0;
  for (const auto* service : services) {
    longest = std::max(longest, text_at(*service, "service").size());
  }
  for (const auto* service : services) add_service(text, *service, longest);
  add_release(text, *plan);
  return text;
}

}  // namespace livefix::cli
