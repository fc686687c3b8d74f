// Which service a request is for, by host, path and the port it came to. The worker's.
//
// The most special rule wins: an exact host before "*.example.com" (the longer one first) before
// any host, then the longer path, among the services that are to be found at the port.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string_view>
#include <vector>

#include "proxy/service_traffic.h"

namespace livefix::proxy {

class ServiceRouter {
 public:
  // Both must outlive this.
  ServiceRouter(WorkerCounters& counters, Graveyard& graveyard, std::uint32_t seed);

  // As ServiceTraffic::apply, for the service that the plan names.
  ServiceTraffic& apply(const RoutingPlan& plan, std::shared_ptr<InFlightLimit> limit,
                        const std::function<void(GenerationTraffic&)>& cut);

  // nullptr when no plan has named it.
  ServiceTraffic* find(std::string_view name);
  // `host` and `target` as in the request. nullptr: no service is for it. Before the first plan
  // it is a service without generations, so that requests wait.
  ServiceTraffic* route(std::uint16_t public_port, std::string_view host, std::string_view target);
  // Whether it is certain that the port is one of HTTP, or of bytes.
  bool knows_protocol(std::uint16_t public_port) const;
  // The service that takes what comes to the port as bytes, unseen; nullptr where it is HTTP.
  ServiceTraffic* route_tcp(std::uint16_t public_port);
  const std::vector<std::unique_ptr<ServiceTraffic>>& services() const { return services_; }

 private:
  struct Rule {
    std::string host;  // empty: any; with its "*." otherwise
    std::string path;  // without a '/' at the end; empty: any
    ServiceTraffic* service;
  };

  void make_rules();
  ServiceTraffic* match(std::uint16_t public_port, std::string_view host, std::string_view target);

  WorkerCounters& counters_;
  Graveyard& graveyard_;
  std::minstd_rand random_;
  ServiceTraffic unknown_;  // until the first plan
  std::vector<std::unique_ptr<ServiceTraffic>> services_;
  std::vector<Rule> rules_;  // the most special first
  bool one_for_all_ = false;
  bool has_tcp_ = false;
};

}  // namespace livefix::proxy
