#include "proxy/service_router.h"

#include <algorithm>
#include <tuple>

#include "http/characters.h"
#include "model/told_apart.h"

namespace livefix::proxy {
namespace {

// Without the port, and without the dot that a full name may end in.
std::string_view host_name(std::string_view authority) {
  if (!authority.starts_with('[')) {
    authority = authority.substr(0, authority.find(':'));
    if (authority.ends_with('.')) authority.remove_suffix(1);
    return authority;
  }
  return authority.substr(0, authority.find(']') + 1);
}

bool covers_host(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return true;
  if (!pattern.starts_with("*.")) return http::equals_lowercase(name, pattern);
  const std::string_view suffix = pattern.substr(1);
  return name.size() > suffix.size() &&
         http::equals_lowercase(name.substr(name.size() - suffix.size()), suffix);
}

// Whole segments: "/api" is for /api and /api/x, and not for /apis.
bool covers_path(std::string_view prefix, std::string_view target) {
  if (!target.starts_with(prefix)) return false;
  const std::string_view rest = target.substr(prefix.size());
  return prefix.empty() || rest.empty() || rest.front() == '/' || rest.front() == '?';
}

std::vector<std::string> or_any(const std::vector<std::string>& patterns) {
  return patterns.empty() ? std::vector<std::string>{""} : patterns;
}

}  // namespace

ServiceRouter::ServiceRouter(WorkerCounters& counters, Graveyard& graveyard, std::uint32_t seed)
    : counters_(counters),
      graveyard_(graveyard),
      random_(seed),
      unknown_(counters, graveyard, random_) {}

ServiceTraffic& ServiceRouter::apply(const RoutingPlan& plan,
                                     const std::function<void(GenerationTraffic&)>& cut) {
  auto place = std::ranges::find(services_, plan.service,
                                 [](const auto& service) { return service->name(); });
  if (place == services_.end()) {
    services_.push_back(std::make_unique<ServiceTraffic>(counters_, graveyard_, random_));
    place = std::prev(services_.end());
  }
  ServiceTraffic& service = **place;
  service.apply(plan, cut);
  make_rules();
  return service;
}

void ServiceRouter::make_rules() {
  rules_.clear();
  for (const auto& service : services_) {
    if (service->spec().protocol != Protocol::http) continue;
    for (const std::string& host : or_any(service->spec().match.hosts)) {
      for (const std::string& path : or_any(service->spec().match.paths)) {
        rules_.push_back({host, std::string(without_last_slash(path)), service.get()});
      }
    }
  }
  const auto rank = [](const Rule& rule) {
    const int kind = rule.host.empty() ? 2 : rule.host.starts_with("*.") ? 1 : 0;
    return std::tuple(kind, -static_cast<long>(rule.host.size()),
                      -static_cast<long>(rule.path.size()));
  };
  std::ranges::stable_sort(rules_, {}, rank);
  one_for_all_ = rules_.size() == 1 && rules_[0].host.empty() && rules_[0].path.empty();
}

ServiceTraffic* ServiceRouter::route(std::uint16_t public_port, std::string_view host,
                                     std::string_view target) {
  if (one_for_all_) return rules_[0].service;
  if (services_.empty()) return &unknown_;
  return match(public_port, host_name(host), target);
}

ServiceTraffic* ServiceRouter::match(std::uint16_t public_port, std::string_view host,
                                     std::string_view target) {
  const Rule* best = nullptr;
  for (const Rule& rule : rules_) {
    if (!covers_host(rule.host, host) || !covers_path(rule.path, target)) continue;
    if (rule.service->has_port(public_port)) return rule.service;
    if (!best) best = &rule;  // it may serve it soon
  }
  const bool is_anothers = std::ranges::any_of(
      services_, [public_port](const auto& service) { return service->has_port(public_port); });
  return best && !is_anothers ? best->service : nullptr;
}

ServiceTraffic* ServiceRouter::route_tcp(std::uint16_t public_port) {
  for (const auto& service : services_) {
    if (service->spec().protocol == Protocol::tcp && service->has_port(public_port)) {
      return service.get();
    }
  }
  return nullptr;
}

}  // namespace livefix::proxy
