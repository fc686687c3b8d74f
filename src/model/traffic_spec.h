// How the proxy treats the traffic of one service, as the configuration file says it. The defaults
// are those without a file. Plain values, safe to copy; docs/configuration.md tells users of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/mirror_spec.h"
#include "model/replay_spec.h"

namespace livefix {

// What clients speak: `tcp` is passed on as bytes and never looked at.
enum class Protocol : std::uint8_t { http, tcp };

// What the proxy speaks to the program.
enum class BackendProtocol : std::uint8_t { automatic, http1, http2 };

// Which requests are for the service.
struct TrafficMatch {
  // Lower case, without port: "shop.example.com", "[::1]", or "*.example.com" for every name
  // below example.com. Empty: every host.
  std::vector<std::string> hosts;
  // "/api" is for /api and all below /api/; "/" for all. Empty: every path.
  std::vector<std::string> paths;
};

struct TrafficLimits {
  std::uint32_t in_flight = 0;  // requests per generation at once; 0: no limit
  std::uint32_t queue = 1000;   // requests that wait for a place among these
  Milliseconds answer{0};       // from the end of the request to the answer's first byte; 0: none
  Milliseconds idle_answer{0};  // between two reads of an answer; 0: none
};

// What chooses a generation while two have weight. Without either, chance does.
struct GenerationChoice {
  std::string header;  // a request field that names the generation; empty: none
  std::string cookie;  // keeps a client at its generation; empty: none
};

// Which exchanges are recorded, and how much of them. docs/recorder.md tells users of it.
struct RecordSpec {
  static constexpr std::uint64_t kMostBody = 128 << 10;

  bool failures = true;
  std::vector<std::uint16_t> statuses;  // that count as failures beside 5xx
  double healthy = 0.01;                // the share of those that go well; 0: none
  std::uint64_t body = 64 << 10;        // bytes of each body
  std::uint64_t memory = 16 << 20;      // of all that is kept; 0: nothing is recorded
  std::vector<std::string> redact;      // names of fields that nobody may see, of any case
};

struct TrafficSpec {
  Protocol protocol = Protocol::http;
  BackendProtocol backend = BackendProtocol::automatic;
  TrafficMatch match;
  bool replay_posts = false;              // send again also what is not idempotent
  std::uint64_t keep_request = 64 << 10;  // bytes of a request, kept until its answer begins
  Milliseconds slow_start{0};             // how long a new generation's share grows; 0: at once
  TrafficLimits limits;
  GenerationChoice generation;
  // How its requests are counted: "/user/:name", "/files/*". What fits none of them has the route
  // that its path looks like.
  std::vector<std::string> routes{};
  bool count_routes = true;
  RecordSpec record;
  ReplaySpec replay;
  MirrorSpec mirror;
};

}  // namespace livefix
