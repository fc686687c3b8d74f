// What RunWorld is asked by the control API, and what it is ordered: reloads and the end.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <ranges>

#include "control/inspection_routes.h"
#include "control/log_routes.h"
#include "control/previews.h"
#include "control/release_routes.h"
#include "control/run_world.h"

namespace livefix::control {

std::vector<ControlApi::Route> RunWorld::api_routes() {
  using enum ControlApi::Method;
  std::vector<ControlApi::Route> routes{
      {get,
       "/v1/status",
       {},
       [this](const ApiRequest&, const ApiReply& reply) { reply.answer({200, status()}); }},
      {post,
       "/v1/reload",
       {"service", "who"},
       [this](const ApiRequest& request, const ApiReply& reply) {
         std::vector<std::string> names;
         for (const auto& [name, value] : request.query) {
           if (name == "service") names.push_back(value);
         }
         reload(names, request.who(), reply);
       }},
      {post,
       "/v1/stop",
       {"who"},
       [this](const ApiRequest& request, const ApiReply& reply) { stop(request.who(), reply); }},
  };
  for (auto& route : release_routes(
           [this] {
             return ReleaseParts{office_.get(), rollouts_.get(), rollback_.get(), office_trouble_};
           },
           [this] { return all_of(is_stopping); })) {
    routes.push_back(std::move(route));
  }
  for (auto& route : log_routes(welcome_.run, log_)) routes.push_back(std::move(route));
  for (auto& route : metrics_routes(metrics_)) routes.push_back(std::move(route));
  for (auto& route : recordings_.routes()) routes.push_back(std::move(route));
  for (auto& route : symptoms_.routes()) routes.push_back(std::move(route));
  for (auto& route : feed_.routes()) routes.push_back(std::move(route));
  for (auto& route :
       notify_routes([this] { return notifier_.get(); }, [this] { return office_trouble_; })) {
    routes.push_back(std::move(route));
  }
  for (auto& route : replays_.routes()) routes.push_back(std::move(route));
  for (auto& route : preview_routes({commons_.preview_key,
                                     [this] {
                                       std::vector<PreviewService> all;
                                       for (const auto& one : services_) {
                                         all.push_back(one->preview());
                                       }
                                       return all;
                                     },
                                     [this](const std::string& what, const std::string& who) {
                                       record_surely("preview", what, who);
                                     }})) {
    routes.push_back(std::move(route));
  }
  for (auto& route : inspection_routes(
           welcome_.run, {[this] { return InspectionParts{office_.get(), drift_.get()}; },
                          [this] { return situations(); },
                          [this] {
                            if (rollback_->is_busy()) return std::string("a rollback is under way");
                            return rollouts_->describe();
                          },
                          [this] { return all_of(is_stopping); }})) {
    routes.push_back(std::move(route));
  }
  return routes;
}

std::vector<ServiceSituation> RunWorld::situations() const {
  std::vector<ServiceSituation> all;
  for (const auto& service : services_) {
    const ServiceState& state = service->state();
    all.push_back({service->spec(), serving(state) != nullptr, state.fixed_port});
  }
  return all;
}

std::vector<Address> RunWorld::places_for_replay(std::size_t service_index,
                                                 ReplayGeneration generation) const {
  const ServiceWorld& service = *services_.at(service_index);
  std::optional<UnitId> unit;
  if (generation == ReplayGeneration::live) {
    if (const Generation* live = serving(service.state())) unit = live->id;
  } else if (const auto* proving = std::get_if<Proving>(&service.state().task)) {
    unit = proving->candidate;
  }
  const auto address = unit ? service.address_of(*unit) : std::nullopt;
  return address ? std::vector{*address} : std::vector<Address>{};
}

std::vector<ServiceFacts> RunWorld::facts() const {
  std::vector<ServiceFacts> all;
  for (const auto& service : services_) all.push_back(service->facts());
  return all;
}

// Without what only /proc knows: these are asked every second.
std::vector<ServiceFacts> RunWorld::generations() const {
  std::vector<ServiceFacts> all;
  for (const auto& service : services_) {
    ServiceFacts& facts = all.emplace_back(service->name(), service->numbers().service_index);
    for (const auto& [id, unit] : service->state().units) {
      if (!unit.builds) facts.generations.push_back({id, valid_utf8(unit.release.name), {}, {}});
    }
  }
  return all;
}

std::string RunWorld::status() const {
  const std::string page = page_url(welcome_.run);
  boost::json::array all;
  for (const auto& service : services_) {
    boost::json::object one = service->status();
    if (!page.empty()) one["page"] = page;
    all.emplace_back(std::move(one));
  }
  if (all.size() == 1) return boost::json::serialize(all.front());
  return boost::json::serialize(
      run_status(welcome_.run.name, welcome_.keeper_pid, traffic_, std::move(all)));
}

LiveFeed::Sources RunWorld::feed_sources() {
  constexpr std::size_t kStories = 30;
  return {
      traffic_,
      [this] { return generations(); },
      [this](WallTime since) {
        return office_ ? marks_of(office_->book(), since) : std::vector<TimelineMark>();
      },
      [this] { return status(); },
      [this] { return office_ ? boost::json::serialize(rollouts_->view()) : std::string("null"); },
      [this] { return symptoms_.open_json(); },
      [this] {
        return office_
                   ? history_json({office_.get(), rollouts_.get(), rollback_.get(), {}}, kStories)
                   : std::string("null");
      }};
}

// The outcome of several is told when the last one has its own.
void RunWorld::reload(const std::vector<std::string>& names, const std::string& who,
                      const ApiReply& reply) {
  // It would start what runs once more, in the place of what is being proven.
  if (office_ && (rollouts_->is_busy() || rollback_->is_busy())) {
    const std::string now = rollouts_->describe();
    return reply.answer(api_outcome(409, false,
                                    fmt::format("{}; reload when that is over",
                                                now.empty() ? "a rollback is under way" : now)));
  }
  std::vector<ServiceWorld*> meant;
  for (const std::string& name : names) {
    ServiceWorld* service = find(name);
    if (!service) {
      std::vector<std::string> known;
      for (const auto& one : services_) known.push_back(one->name());
      return reply.answer(api_outcome(
          404, false,
          fmt::format("there is no service {} here; there is {}", name, fmt::join(known, ", "))));
    }
    if (std::ranges::find(meant, service) == meant.end()) meant.push_back(service);
  }
  if (names.empty()) {
    for (const auto& service : services_) meant.push_back(service.get());
  }
  std::vector<std::string> reloaded;
  for (const ServiceWorld* one : meant) {
    if (one->cannot_reload().empty()) reloaded.push_back(one->name());
  }
  // One that is refused changes nothing, and whoever asked is told why.
  if (!reloaded.empty()) record_surely("reload", fmt::format("{}", fmt::join(reloaded, ", ")), who);
  struct Outcomes {
    std::vector<std::string> messages;
    std::size_t missing = 0;
    bool ok = true;
  };
  const auto outcomes = std::make_shared<Outcomes>();
  outcomes->messages.resize(meant.size());
  outcomes->missing = meant.size();
  for (std::size_t i = 0; i < meant.size(); ++i) {
    const std::string prefix = services_.size() > 1 ? meant[i]->name() + ": " : std::string();
    meant[i]->reload([outcomes, i, reply, prefix](bool ok, const std::string& message) {
      outcomes->ok = outcomes->ok && ok;
      outcomes->messages[i] = prefix + message;
      if (--outcomes->missing > 0) return;
      reply.answer(api_outcome(outcomes->ok ? 200 : 409, outcomes->ok,
                               fmt::format("{}", fmt::join(outcomes->messages, "\n"))));
    });
  }
}

// The keeper is asked as by Ctrl-C, because it remembers: a control that is killed while it stops
// the services is followed by one that goes on stopping them.
void RunWorld::stop(const std::string& who, const ApiReply& reply) {
  reply.answer(api_outcome(202, true, fmt::format("stopping {}", welcome_.run.name)));
  if (all_of(is_stopping) || keeper_was_signalled_) return;
  stop_is_recorded_ = true;
  record_surely("stop", {}, who);
  keeper_was_signalled_ = welcome_.keeper_pid > 0 && kill(welcome_.keeper_pid, SIGTERM) == 0;
  if (!keeper_was_signalled_) feed_all(StopAsked{});
}

// Ctrl-C, or a service manager. The keeper passes on those of stop() too, and each of several.
void RunWorld::stop_by_signal(std::int32_t number) {
  if (std::exchange(stop_is_recorded_, true)) return;
  record_surely("stop", signal_name(number), "signal");
}

// No ledger that cannot be written keeps anybody from a reload or a stop: these may be what helps.
void RunWorld::record_surely(const std::string& command, const std::string& detail,
                             const std::string& who) {
  if (!welcome_.run.commits) return;
  if (!office_) {
    return reporter_.warn(
        fmt::format("{} by {} is not on record: {}", command, who, office_trouble_));
  }
  const auto recorded = office_->record_surely(
      CommandRecord{.rollout = 0, .command = command, .detail = detail}, who);
  if (!recorded) reporter_.warn(owed_text(recorded.error()));
}

}  // namespace livefix::control
