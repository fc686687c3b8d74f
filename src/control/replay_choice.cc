#include "control/replay_choice.h"

#include <algorithm>
#include <map>
#include <utility>

#include "control/replay_request.h"

namespace livefix::control {
namespace {

using observe::ExchangeRecord;
using Records = std::vector<ExchangeRecord>;

constexpr std::size_t kMostFailures = 50;
constexpr std::size_t kMostOfRoute = 5;
constexpr std::size_t kMostSamples = 100;

bool can_replay(const TrafficSpec& traffic) {
  return traffic.protocol == Protocol::http && traffic.backend != BackendProtocol::http2 &&
         traffic.record.memory > 0;
}

bool fits(const ExchangeRecord& record, const TrafficSpec& traffic) {
  return is_replayed(record.method, traffic.replay) &&
         unfit_for_replay(record, traffic.backend).empty();
}

}  // namespace

bool replays_at_rollout(const ServiceSpec& service) {
  return service.rollout.replay && can_replay(service.traffic);
}

bool mirrors_at_rollout(const ServiceSpec& service) {
  return service.traffic.mirror.share > 0 && can_replay(service.traffic);
}

std::string route_name(const ExchangeRecord& record) {
  return record.method + ' ' + record.route;
}

Records failures_to_replay(Records newest, const TrafficSpec& traffic) {
  std::map<std::string, std::size_t> taken;
  Records chosen;
  for (ExchangeRecord& record : newest) {
    if (chosen.size() >= kMostFailures) break;
    const bool is_deadly = record.cause == RecordCause::backend_closed;
    if (is_deadly && !traffic.replay.failures_must_pass) continue;
    if (!fits(record, traffic) || taken[route_name(record)] >= kMostOfRoute) continue;
    ++taken[route_name(record)];
    chosen.push_back(std::move(record));
  }
  return chosen;
}

Records samples_to_replay(Records newest, const TrafficSpec& traffic) {
  std::map<std::string, std::size_t> seen;
  std::vector<std::pair<std::size_t, std::size_t>> order;  // the how manyth of its route, and where
  for (std::size_t i = 0; i < newest.size(); ++i) {
    if (fits(newest[i], traffic)) order.emplace_back(seen[route_name(newest[i])]++, i);
  }
  std::ranges::sort(order);
  Records chosen;
  for (const auto& [rank, index] : order) {
    if (chosen.size() >= kMostSamples) break;
    chosen.push_back(std::move(newest[index]));
  }
  return chosen;
}

}  // namespace livefix::control
