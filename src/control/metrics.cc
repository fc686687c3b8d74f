#include "control/metrics.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <map>

#include "control/metric_families.h"
#include "control/phrases.h"
#include "os/memory_room.h"
#include "os/process.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

double seconds(Milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

// One generation, with what it is called.
struct Living {
  const ServiceFacts* service = nullptr;
  const GenerationFacts* facts = nullptr;
  std::string number;
  Labels labels() const {
    return {{"service", service->name}, {"release", facts->release}, {"generation", number}};
  }
};

std::map<UnitId, Living> living_of(const std::vector<ServiceFacts>& services) {
  std::map<UnitId, Living> living;
  for (const ServiceFacts& service : services) {
    for (const GenerationFacts& facts : service.generations) {
      living[facts.id] = {&service, &facts, fmt::to_string(number(facts.id))};
    }
  }
  return living;
}

std::vector<RouteCount> routes_of(RouteTraffic& routes, const std::map<UnitId, Living>& living) {
  std::vector<UnitId> ids;
  for (const auto& [id, generation] : living) ids.push_back(id);
  return routes.of(ids);
}

Labels with(Labels labels, std::string_view name, std::string_view value) {
  labels.emplace_back(name, value);
  return labels;
}

void add_routes(MetricFamilies& all, const std::vector<RouteCount>& routes,
                const std::map<UnitId, Living>& living) {
  const auto labels = [&living](const RouteCount& count) {
    return with(with(living.at(count.generation).labels(), "route", count.route), "method",
                count.method);
  };
  auto requests = all.counter("livefix_requests_total",
                              "Requests that have had their end, by the status of their answer.");
  for (const RouteCount& count : routes) {
    for (const auto& [status, times] : count.statuses) {
      requests.add(with(labels(count), "status", status), times);
    }
  }
  auto failures = all.counter("livefix_grpc_failures_total",
                              "Calls of gRPC that the program has failed, by their grpc-status.");
  for (const RouteCount& count : routes) {
    for (const auto& [code, times] : count.grpc_failures) {
      failures.add(with(labels(count), "grpc_status", fmt::to_string(code)), times);
    }
  }
  auto durations = all.histogram(
      "livefix_request_duration_seconds",
      "Time from the last piece of a request until the head of the program's answer.");
  for (const RouteCount& count : routes) {
    durations.add(labels(count), count.latencies, count.microseconds);
  }
  auto received = all.counter("livefix_request_bytes_total", "Bytes of the bodies of requests.");
  for (const RouteCount& count : routes) received.add(labels(count), count.request_bytes);
  auto sent = all.counter("livefix_response_bytes_total", "Bytes of the bodies of answers.");
  for (const RouteCount& count : routes) sent.add(labels(count), count.answer_bytes);
}

// A value of each generation.
template <class Value>
void add_each(MetricFamilies::Family family, const std::map<UnitId, Living>& living, Value value) {
  for (const auto& [id, generation] : living) family.add(generation.labels(), value(generation));
}

void add_generations(MetricFamilies& all, const Traffic& traffic,
                     const std::map<UnitId, Living>& living) {
  std::map<UnitId, Traffic::Counts> counts;
  for (const auto& [id, generation] : living) counts.emplace(id, traffic.of(id));
  const auto of = [&counts](std::uint64_t Traffic::Counts::* member) {
    return [&counts, member](const Living& one) { return counts.at(one.facts->id).*member; };
  };
  add_each(all.gauge("livefix_requests_in_flight", "Requests that a generation has, and tunnels."),
           living, of(&Traffic::Counts::in_flight));
  add_each(all.gauge("livefix_tunnels", "WebSockets and other tunnels that a generation has."),
           living, of(&Traffic::Counts::tunnels));
  add_each(all.counter("livefix_requests_retried_total",
                       "Requests that were given again to another connection."),
           living, of(&Traffic::Counts::retried));
  add_each(all.counter("livefix_requests_timed_out_total",
                       "Requests that livefix has answered with 504."),
           living, of(&Traffic::Counts::timeouts));
  add_each(all.counter("livefix_generation_requests_lost_total",
                       "Requests of a generation that got no whole answer from it."),
           living, of(&Traffic::Counts::lost));
  auto info = all.gauge("livefix_generation_info", "1 for each generation, with its state.");
  for (const auto& [id, generation] : living) {
    info.add(with(generation.labels(), "state", generation.facts->state), 1.0);
  }
}

void add_services(MetricFamilies& all, const Traffic& traffic,
                  const std::vector<ServiceFacts>& services) {
  const auto of = [&](std::uint64_t Traffic::Totals::* member, MetricFamilies::Family family,
                      bool of_nobody) {
    for (const ServiceFacts& service : services) {
      family.add({{"service", service.name}}, traffic.of_service(service.index).*member);
    }
    if (of_nobody) family.add({{"service", ""}}, traffic.of_nobody().*member);
  };
  of(&Traffic::Totals::held,
     all.gauge("livefix_requests_held", "Requests that wait for a process of the service."), false);
  of(&Traffic::Totals::shed,
     all.counter("livefix_requests_shed_total",
                 "Requests that have waited too long or were too many: 503."),
     false);
  of(&Traffic::Totals::refused,
     all.counter("livefix_requests_refused_total",
                 "Requests that were not as they should be: 4xx by livefix."),
     true);
  of(&Traffic::Totals::lost,
     all.counter("livefix_requests_lost_total", "Requests that got no whole answer."), false);
  auto generations = all.gauge("livefix_generations", "Generations of a service.");
  for (const ServiceFacts& service : services) {
    generations.add({{"service", service.name}}, std::uint64_t{service.generations.size()});
  }
}

void add_processes(MetricFamilies& all, std::int32_t keeper,
                   const std::map<UnitId, Living>& living) {
  const std::map<std::string_view, pid_t> own{{"keeper", keeper}, {"control", getpid()}};
  auto memory =
      all.gauge("livefix_resident_memory_bytes", "Resident memory of livefix's own processes.");
  for (const auto& [role, pid] : own) memory.add({{"role", role}}, os::resident_memory_of(pid));
  auto time = all.counter("livefix_cpu_seconds_total", "CPU time of livefix's own processes.");
  for (const auto& [role, pid] : own) time.add({{"role", role}}, seconds(os::cpu_time(pid)));
  add_each(all.gauge("livefix_generation_processes", "Processes of a generation."), living,
           [](const Living& one) { return std::uint64_t{one.facts->pids.size()}; });
  add_each(all.gauge("livefix_generation_resident_memory_bytes",
                     "Resident memory of a generation's processes."),
           living, [](const Living& one) {
             std::uint64_t sum = 0;
             for (const pid_t pid : one.facts->pids) sum += os::resident_memory_of(pid);
             return sum;
           });
  add_each(all.counter("livefix_generation_cpu_seconds_total",
                       "CPU time of a generation's processes, and of those that they waited for."),
           living, [](const Living& one) {
             Milliseconds sum{0};
             for (const pid_t pid : one.facts->pids) sum += os::cpu_time(pid);
             return seconds(sum);
           });
}

// null before the first answer.
json::value latency_json(const latency::Counts& counts, double share) {
  if (latency::total(counts) == 0) return nullptr;
  return latency::quantile(counts, share).count();
}

json::object route_json(const RouteCount& count, const Living& generation) {
  json::object statuses;
  for (const auto& [status, times] : count.statuses) statuses[status] = times;
  json::object route{{"service", valid_utf8(generation.service->name)},
                     {"release", valid_utf8(generation.facts->release)},
                     {"generation", number(count.generation)},
                     {"state", generation.facts->state},
                     {"route", count.route},
                     {"method", count.method},
                     {"requests", count.requests()},
                     {"errors", count.errors()},
                     {"timeouts", count.timeouts},
                     {"lost", count.lost},
                     {"statuses", std::move(statuses)},
                     {"request_bytes", count.request_bytes},
                     {"response_bytes", count.answer_bytes},
                     {"latency_us",
                      {{"p50", latency_json(count.latencies, 0.5)},
                       {"p90", latency_json(count.latencies, 0.9)},
                       {"p99", latency_json(count.latencies, 0.99)},
                       {"p999", latency_json(count.latencies, 0.999)}}}};
  if (count.grpc_failures.empty()) return route;
  json::object failures;
  for (const auto& [code, times] : count.grpc_failures) failures[fmt::to_string(code)] = times;
  route["grpc_failures"] = std::move(failures);
  return route;
}

}  // namespace

Metrics::Metrics(const Traffic& traffic, std::int32_t keeper_pid,
                 std::function<std::vector<ServiceFacts>()> facts)
    : traffic_(traffic), keeper_pid_(keeper_pid), facts_(std::move(facts)), routes_(traffic) {}

std::string Metrics::text() {
  const auto services = facts_();
  const auto living = living_of(services);
  MetricFamilies all;
  all.gauge("livefix_build_info", "1, with the version of livefix.")
      .add({{"version", LIVEFIX_VERSION}}, 1.0);
  all.gauge("livefix_uptime_seconds", "Since livefix was started.")
      .add({}, seconds(os::process_age(keeper_pid_)));
  all.gauge("livefix_connections", "Connections of clients.")
      .add({}, traffic_.of_nobody().connections);
  add_services(all, traffic_, services);
  add_generations(all, traffic_, living);
  add_routes(all, routes_of(routes_, living), living);
  if (symptoms_) {
    auto symptoms = all.gauge("livefix_symptoms", "Requests that fail alike, of the last hour.");
    for (const auto& [service, count] : symptoms_()) symptoms.add({{"service", service}}, count);
  }
  if (dropped_spans_) {
    all.counter("livefix_spans_dropped_total", "Spans that the collector of traces did not get.")
        .add({}, dropped_spans_());
  }
  add_processes(all, keeper_pid_, living);
  return all.text();
}

std::string Metrics::routes_json() {
  const auto services = facts_();
  const auto living = living_of(services);
  json::array routes;
  for (const RouteCount& count : routes_of(routes_, living)) {
    routes.emplace_back(route_json(count, living.at(count.generation)));
  }
  return json::serialize(json::object{{"routes", std::move(routes)}});
}

std::vector<ControlApi::Route> metrics_routes(Metrics& metrics) {
  return {{ControlApi::Method::get,
           "/metrics",
           {},
           [&metrics](const ApiRequest&, const ApiReply& reply) {
             reply.answer({200, metrics.text(), Metrics::kContentType});
           }},
          {ControlApi::Method::get,
           "/v1/routes",
           {},
           [&metrics](const ApiRequest&, const ApiReply& reply) {
             reply.answer({200, metrics.routes_json()});
           }}};
}

}  // namespace livefix::control
