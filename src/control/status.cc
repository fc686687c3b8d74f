#include "control/status.h"

#include <algorithm>

#include "control/phrases.h"
#include "os/memory_room.h"
#include "os/process.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

std::string_view state_name(const ServiceState& state, const Generation& unit) {
  if (is<Serving>(unit)) return "serving";
  if (is<Trial>(unit)) return "proving";
  if (is<Yielding>(unit)) return "yielding";
  if (is<Draining>(unit)) return "draining";
  if (is<Warm>(unit)) return "warm";
  if (is<Stopping>(unit)) return "stopping";
  const auto* trying = std::get_if<Trying>(&state.task);
  const bool ready = trying && trying->candidate == unit.id && !unit.places.empty() &&
                     std::ranges::all_of(unit.places, &Place::accepts);
  return ready ? "ready" : "starting";
}

std::vector<pid_t> pids_of(const Generation& unit, std::int32_t keeper) {
  if (unit.pid == 0) return {};
  return os::descendants_in_sessions(keeper, {unit.pid});
}

std::uint64_t memory_of_all(const std::vector<pid_t>& pids) {
  std::uint64_t sum = 0;
  for (const pid_t pid : pids) sum += os::resident_memory_of(pid);
  return sum;
}

Milliseconds cpu_of_all(const std::vector<pid_t>& pids) {
  Milliseconds sum{0};
  for (const pid_t pid : pids) sum += os::cpu_time(pid);
  return sum;
}

// null before the first answer.
json::value latency_json(const latency::Counts& counts) {
  if (latency::total(counts) == 0) return nullptr;
  return json::object{{"p50", latency::quantile(counts, 0.5).count()},
                      {"p99", latency::quantile(counts, 0.99).count()}};
}

json::object generation_json(const StatusInput& input, const Generation& unit) {
  const Traffic::Counts counts = input.traffic.of(unit.id);
  const auto age = std::chrono::duration_cast<Milliseconds>(input.now - unit.started);
  const auto pids = pids_of(unit, input.keeper_pid);
  return {{"id", number(unit.id)},
          {"release", unit.release.name},
          {"state", state_name(input.state, unit)},
          {"pid", unit.pid},
          {"pids", json::array(pids.begin(), pids.end())},
          {"in_flight", counts.in_flight},
          {"requests", counts.requests},
          {"answered", counts.answered},
          {"failed", counts.failed},
          {"timeouts", counts.timeouts},
          {"lost", counts.lost},
          {"retried", counts.retried},
          {"abandoned", counts.abandoned},
          {"latency_us", latency_json(counts.latencies)},
          {"memory_bytes", memory_of_all(pids)},
          {"cpu_ms", cpu_of_all(pids).count()},
          {"age_ms", age.count()}};
}

}  // namespace

json::object service_status(const StatusInput& input) {
  const ServiceSpec& service = input.policy.service;
  const bool alone = input.policy.is_alone();
  const Traffic::Totals totals =
      alone ? input.traffic.totals() : input.traffic.of_service(input.policy.numbers.service_index);
  json::array urls;
  for (const std::string& url :
       urls_of(input.state.public_ports, alone ? TrafficMatch{} : service.traffic.match,
               scheme_of(service.traffic))) {
    urls.emplace_back(url);
  }
  json::array generations;
  for (const auto& [id, unit] : input.state.units) {
    if (!unit.builds) generations.emplace_back(generation_json(input, unit));
  }
  json::object status{{"service", valid_utf8(service.name)}};
  if (!alone) status["run"] = valid_utf8(input.run);
  status["title"] = valid_utf8(service.title);
  status["directory"] = valid_utf8(service.directory);
  status["keeper_pid"] = input.keeper_pid;
  status["takeover"] = input.policy.takeover == link::Takeover::seccomp ? "seccomp" : "environment";
  status["takeover_reason"] = valid_utf8(input.takeover_reason);
  status["urls"] = std::move(urls);
  status["uptime_ms"] = os::process_age(input.keeper_pid).count();
  status["held"] = totals.held;
  status["shed"] = totals.shed;
  status["refused"] = totals.refused;
  if (alone) status["connections"] = totals.connections;  // no service's where there are several
  status["generations"] = std::move(generations);
  status["last_change"] = nullptr;
  if (input.last_change) {
    status["last_change"] = {{"ok", input.last_change->ok},
                             {"message", valid_utf8(input.last_change->message)}};
  }
  return status;
}

ServiceFacts service_facts(const ServiceState& state, const Policy& policy,
                           std::int32_t keeper_pid) {
  ServiceFacts facts{valid_utf8(policy.service.name), policy.numbers.service_index, {}};
  for (const auto& [id, unit] : state.units) {
    if (unit.builds) continue;
    facts.generations.push_back(
        {id, valid_utf8(unit.release.name), state_name(state, unit), pids_of(unit, keeper_pid)});
  }
  return facts;
}

json::object run_status(const std::string& name, std::int32_t keeper_pid, const Traffic& traffic,
                        json::array services) {
  const Traffic::Totals totals = traffic.totals();
  return {{"run", name},
          {"keeper_pid", keeper_pid},
          {"uptime_ms", os::process_age(keeper_pid).count()},
          {"refused", totals.refused},
          {"connections", totals.connections},
          {"services", std::move(services)}};
}

}  // namespace livefix::control
