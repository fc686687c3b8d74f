#include "control/release_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <ranges>

#include "control/phrases.h"
#include "control/replay_choice.h"
#include "releases/carry_forecast.h"
#include "releases/release_refs.h"

namespace livefix::control {
namespace {

namespace json = boost::json;
using releases::ObjectId;

std::vector<std::string> directories_of(const ServiceSpec& service) {
  return service.place.empty() ? std::vector<std::string>() : std::vector{service.place};
}

Result<ServiceChanges> changes_of(const CommitStore& store, const ServiceFindings& service,
                                  const ServiceSpec& spec, const ObjectId& commit) {
  ServiceChanges changes;
  if (!service.runs || !service.is_touched) return changes;
  auto files = releases::changed_files(store.git(), *service.runs, commit, directories_of(spec));
  if (!files) return std::unexpected(files.error());
  changes.count = files->size();
  files->resize(std::min(files->size(), CommitForecast::kMostFiles), {});
  changes.files = std::move(*files);
  return changes;
}

// As a rollout takes it: from the release of the last one of the services that move.
std::string directory_to_keep_from(const CommitFindings& findings,
                                   const std::map<std::string, std::string>& directories) {
  std::string from;
  for (const auto& [service, directory] : directories) {
    const auto found = std::ranges::find(findings.services, service, &ServiceFindings::service);
    if (found != findings.services.end() && found->is_touched) from = directory;
  }
  return from;
}

std::string_view name_of(LittleTraffic what) {
  switch (what) {
    case LittleTraffic::go_on:
      return "go_on";
    case LittleTraffic::wait:
      return "wait";
    case LittleTraffic::refuse:
      break;
  }
  return "refuse";
}

json::object changes_json(const ServiceChanges& changes) {
  json::array files;
  for (const releases::ChangedFile& file : changes.files) {
    files.emplace_back(
        json::object{{"status", std::string(1, file.status)}, {"path", valid_utf8(file.path)}});
  }
  return {{"count", changes.count}, {"files", std::move(files)}};
}

// The steps and gates of a rollout. One that cannot share its traffic gets all of it at once.
json::object rollout_json(const ServiceSpec& spec, Way way) {
  const RolloutPolicy& policy = spec.rollout;
  json::array steps;
  for (const std::uint32_t step : policy.steps) {
    if (way == Way::handover || step == 100) steps.emplace_back(step);
  }
  json::object rollout{{"steps", std::move(steps)},
                       {"bake_ms", policy.bake.count()},
                       {"warm_ms", policy.warm.count()},
                       {"max_error_rate", policy.max_error_rate},
                       {"max_p99", policy.max_p99},
                       {"little_traffic", name_of(policy.little_traffic)},
                       {"replay", way == Way::handover && replays_at_rollout(spec)},
                       {"mirror", way == Way::handover && mirrors_at_rollout(spec)},
                       {"health", nullptr}};
  if (policy.health) {
    rollout["health"] = json::object{{"path", valid_utf8(policy.health->path)},
                                     {"timeout_ms", policy.health->timeout.count()}};
  }
  return rollout;
}

json::object service_json(const ServiceFindings& findings, const ServiceChanges& changes,
                          const ServiceSituation& situation, bool is_built) {
  const Way way = way_of(findings, situation);
  json::object service{{"service", findings.service},
                       {"plan", control::name_of(way)},
                       {"reason", valid_utf8(reason_of(way, findings))},
                       {"runs", findings.runs ? findings.runs->hex() : ""},
                       {"changed", changes_json(changes)}};
  if (way == Way::nothing || way == Way::refused) return service;
  const auto& build = situation.service.build;
  service["build"] =
      build && !is_built
          ? json::value(valid_utf8(fmt::format("{}", fmt::join(build->command, " "))))
          : json::value(nullptr);
  service["rollout"] = rollout_json(situation.service, way);
  return service;
}

}  // namespace

Result<ObjectId> find_commit(const CommitStore& store, const std::string& revision) {
  if (!revision.empty()) return releases::resolve(store.git(), revision);
  const auto head = releases::branch_head(store.git(), store.spec().branch);
  if (!head) return std::unexpected(head.error());
  if (!*head) {
    return fail("nothing was pushed to {} yet; push a commit, or name one of another branch",
                store.spec().branch);
  }
  return **head;
}

Result<CommitForecast> forecast(const CommitStore& store, const ForecastQuestion& question) {
  const auto commit = find_commit(store, question.revision);
  if (!commit) return std::unexpected(commit.error());
  // As by a plain `git push`, which names no artifacts.
  auto findings =
      look_at(store.git(), {*commit, store.services(), store.spec(), question.running, {}});
  if (!findings) return std::unexpected(findings.error());
  CommitForecast forecast{std::move(*findings)};
  for (std::size_t i = 0; i < store.services().size(); ++i) {
    auto changes = changes_of(store, forecast.findings.services[i], store.services()[i], *commit);
    if (!changes) return std::unexpected(changes.error());
    forecast.changes.push_back(std::move(*changes));
  }
  const auto head = releases::branch_head(store.git(), store.spec().branch);
  if (!head) return std::unexpected(head.error());
  forecast.branch_head = *head;
  if (*head) {
    const auto forward = releases::is_ancestor(store.git(), **head, *commit);
    forecast.is_forced = forward && !*forward;
  }
  const std::string id = releases::release_id(*commit);
  forecast.directory = store.release_store().directory() + "/" + id;
  const auto built = store.has(id);
  forecast.is_built = built && *built;
  const auto from = directory_to_keep_from(forecast.findings, question.directories);
  if (forecast.is_built || from.empty()) return forecast;
  auto carried =
      releases::forecast_carry_over(store.git(), *commit, from, store.keep_directories());
  if (!carried) return std::unexpected(carried.error());
  forecast.carried = std::move(*carried);
  return forecast;
}

std::string_view name_of(Way way) {
  constexpr std::array<std::string_view, 5> kNames{"nothing", "first_start", "handover", "hold",
                                                   "refused"};
  return kNames.at(static_cast<std::size_t>(way));
}

Way way_of(const ServiceFindings& findings, const ServiceSituation& situation) {
  if (!findings.refusal.empty()) return Way::refused;
  if (!findings.is_touched) return Way::nothing;
  if (!situation.serves) return Way::first_start;
  return situation.has_fixed_port ? Way::hold : Way::handover;
}

std::string reason_of(Way way, const ServiceFindings& findings) {
  switch (way) {
    case Way::nothing:
      return "its files are those that run";
    case Way::first_start:
      return findings.runs ? "nothing of it serves now" : "it runs nothing yet";
    case Way::handover:
      return "a new process beside the old one, which gives its traffic up step by step";
    case Way::hold:
      return "its port cannot be taken over: the old process stops, requests wait, the new one "
             "starts";
    case Way::refused:
      break;
  }
  return findings.refusal;
}

json::object plan_json(const CommitForecast& forecast, const CommitSpec& spec,
                       const RunSituation& run) {
  const CommitFindings& findings = forecast.findings;
  json::array services;
  for (std::size_t i = 0; i < findings.services.size(); ++i) {
    const bool is_built =
        forecast.is_built &&
        std::ranges::find(run.built, findings.services[i].service) != run.built.end();
    services.emplace_back(
        service_json(findings.services[i], forecast.changes.at(i), run.services.at(i), is_built));
  }
  json::array keep;
  for (const releases::Carried& one : forecast.carried) {
    keep.emplace_back(json::object{{"directory", valid_utf8(one.directory)},
                                   {"carried", one.skipped.empty()},
                                   {"reason", valid_utf8(one.skipped)}});
  }
  return {{"commit", findings.commit.id.hex()},
          {"subject", valid_utf8(findings.commit.subject)},
          {"author", valid_utf8(findings.commit.author_name)},
          {"signed_by", valid_utf8(findings.signed_by)},
          {"branch", spec.branch},
          {"branch_head", forecast.branch_head ? forecast.branch_head->hex() : ""},
          {"forced", forecast.is_forced},
          {"refused", valid_utf8(findings.first_refusal())},
          {"busy", valid_utf8(run.busy)},
          {"built", forecast.is_built},
          {"keep", std::move(keep)},
          {"services", std::move(services)}};
}

}  // namespace livefix::control
