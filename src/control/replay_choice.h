// What of the records of a service a rollout sends to its candidate: bounded, and spread over its
// routes. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/service_spec.h"
#include "observe/exchange_record.h"

namespace livefix::control {

// Whether a rollout of the service sends anything.
bool replays_at_rollout(const ServiceSpec& service);

// Whether it asks the candidate what it is asked live.
bool mirrors_at_rollout(const ServiceSpec& service);

// "GET /cart/:id": what records have in common that are of one route.
std::string route_name(const observe::ExchangeRecord& record);

// Both take records newest first, and leave out what cannot or may not be sent again.

// At most five of each route, fifty in all. One that ended its program is sent only where failures
// must pass: it would end a candidate that has nothing to do with it.
std::vector<observe::ExchangeRecord> failures_to_replay(std::vector<observe::ExchangeRecord> newest,
                                                        const TrafficSpec& traffic);

// A hundred: the newest of each route, then the second newest of each, and so on.
std::vector<observe::ExchangeRecord> samples_to_replay(std::vector<observe::ExchangeRecord> newest,
                                                       const TrafficSpec& traffic);

}  // namespace livefix::control
