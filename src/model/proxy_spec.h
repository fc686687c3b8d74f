// The proxy's own settings, as the configuration file says them; the number of its threads is in
// RunSpec. The defaults are those without a file. Plain values, safe to copy;
// docs/configuration.md tells users of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/clock.h"
#include "base/network.h"

namespace livefix {

// A public address of the proxy's own, beside those that programs listen at.
struct ListenSpec {
  Address address;
  bool tls = false;
  bool proxy_protocol = false;  // each connection begins with a PROXY header
};

enum class AccessLogFormat : std::uint8_t { json, combined };

struct AccessLogSpec {
  std::string file;  // absolute; empty: standard output
  AccessLogFormat format = AccessLogFormat::json;
};

struct ProxyLimits {
  std::uint32_t head = 64 << 10;             // bytes of a request's head
  std::uint32_t fields = 128;                // in a request's head
  std::uint64_t body = 0;                    // bytes of a request's body; 0: any size
  std::uint32_t connections = 0;             // of clients; 0: what the descriptors allow
  std::uint32_t connections_per_client = 0;  // 0: no limit
  Milliseconds head_time{30'000};            // until a head that has begun is whole
  Milliseconds body_time{60'000};            // between two reads of a request's body
  Milliseconds idle{75'000};                 // between two requests of a client
  Milliseconds http2_ping{60'000};           // silence of an HTTP/2 client with requests; 0: any
};

struct CertificateSpec {
  std::vector<std::string>
      names;                // lower case, as TrafficMatch::hosts; empty: the certificate's own
  std::string certificate;  // absolute paths of PEM files
  std::string key;
  // Made by livefix for the developer's machine: the files are its own.
  bool is_development = false;
};

struct ProxySpec {
  std::vector<ListenSpec> listen;
  // Peers whose X-Forwarded-*, Forwarded and PROXY headers are believed; while it is empty, PROXY
  // headers of everybody.
  std::vector<Network> trusted;
  std::string request_id = "X-Request-Id";  // the field with each request's id; empty: none
  bool traceparent = true;                  // is made for requests without one
  std::optional<AccessLogSpec> access_log;
  ProxyLimits limits;
  std::vector<CertificateSpec> certificates;
};

}  // namespace livefix
