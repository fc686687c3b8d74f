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

ServiceTraffic& ServiceRouter::apply(const RoutingPlan& plan, std::shared_ptr<InFlightLimit> limit,
                                     const std::function<void(GenerationTraffic&)>& cut) {
  ServiceTraffic* service = find(plan.service);
  if (!service) {
    services_.push_back(std::make_unique<ServiceTraffic>(counters_, graveyard_, random_));
    service = services_.back().get();
  }
  service->apply(plan, std::move(limit), cut);
  make_rules();
  return *service;
}

ServiceTraffic* ServiceRouter::find(std::string_view name) {
  const auto place = std::ranges::find_if(
      services_, [name](const auto& service) { return service->name() == name; });
  return place == services_.end() ? nullptr : place->get();
}

void ServiceRouter::make_rules() {
  rules_.clear();
  has_tcp_ = false;
  for (const auto& service : services_) {
    if (service->spec().protocol != Protocol::http) {
      has_tcp_ = true;
      continue;
    }
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

bool ServiceRouter::knows_protocol(std::uint16_t public_port) const {
  if (!has_tcp_ || rules_.empty()) return true;  // all are of one kind
  return std::ranges::any_of(
      services_, [public_port](const auto& service) { return service->has_port(public_port); });
}

ServiceTraffic* ServiceRouter::route_tcp(std::uint16_t public_port) {
  if (!has_tcp_) return nullptr;
  const auto find_if = [this](const auto& is_it) {
    const auto place = std::ranges::find_if(services_, is_it);
    return place == services_.end() ? nullptr : place->get();
  };
  const auto is_tcp = [](const auto& service) { return service->spec().protocol == Protocol::tcp; };
  auto* owner = find_if([&](const auto& service) {
    return public_port != 0 && is_tcp(service) && service->has_port(public_port);
  });
  // Where all are of that kind: a door of the proxy's own, or a port that no plan knows yet.
  return owner || !rules_.empty() ? owner : find_if(is_tcp);
}

}  // namespace livefix::proxy
