// The access log as one worker sees it: lines go into its ring, and LogWriter takes them from
// there. The worker's; nobody has one where there is no log.
#pragma once

#include <optional>
#include <string_view>

#include "model/proxy_spec.h"
#include "proxy/access_line.h"
#include "proxy/access_record.h"
#include "proxy/log_ring.h"

namespace livefix::proxy {

class AccessLog {
 public:
  // `ring` must outlive this.
  AccessLog(LogRing& ring, AccessLogFormat format) : ring_(ring), composer_(format) {}

  // How a request ended, beside what its record knows.
  struct End {
    int status = 0;
    bool complete = true;
    std::string_view service{};
    std::uint32_t generation = 0;
    std::optional<int> grpc_status{};
  };
  // Does nothing with a record that was closed.
  void write(AccessRecord& record, const End& end);
  // One that no exchange has seen: refused by its head, `head`, or for what it is instead of one.
  struct Refused {
    const http::RequestHead* head = nullptr;
    std::string_view input;
  };
  void write_refused(const Refused& refused, const ClientOrigin& origin, const ProxySpec& settings,
                     TimePoint begun, const End& end, std::uint64_t bytes);

 private:
  LogRing& ring_;
  AccessLineComposer composer_;
  AccessRecord refused_;
};

}  // namespace livefix::proxy
