#include "proxy/access_log.h"

#include "proxy/client_connection.h"
#include "proxy/request_identity.h"

namespace livefix::proxy {

void AccessLog::write(AccessRecord& record, const End& end) {
  if (!record.is_open()) return;
  AccessEntry entry = record.entry(Clock::now());
  entry.time = std::chrono::system_clock::now();
  entry.status = end.status;
  entry.complete = end.complete;
  entry.service = end.service;
  entry.generation = end.generation;
  entry.grpc_status = end.grpc_status;
  ring_.append(composer_.compose(entry));
  record.close();
}

void AccessLog::write_refused(const Refused& refused, const ClientOrigin& origin,
                              const ProxySpec& settings, TimePoint begun, const End& end,
                              std::uint64_t bytes) {
  if (refused.head) {
    refused_.begin(*refused.head, origin, client_of(settings, origin, *refused.head).ip(), begun);
  } else {
    refused_.begin_unreadable(refused.input, origin, begun);
  }
  refused_.add_bytes(bytes);
  write(refused_, end);
}

}  // namespace livefix::proxy
