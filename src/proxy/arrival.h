// A client that has connected, until it is known what it speaks: reads the PROXY header where the
// door asks for one, shakes hands where it is one of TLS, and then gives the connection to a
// ClientConnection or an Http2Client.
//
//   [PROXY header] --> [TLS handshake] --> handed over
//         `--- malformed, too slow ---`--> closed
//
// Doors that want neither have no arrival: ClientConnection finds out about HTTP/2 by itself.
// Owned by the worker's list until it is buried; one loop.
#pragma once

#include <memory>

#include "model/door.h"
#include "os/event_loop.h"
#include "os/fd.h"
#include "proxy/client_census.h"
#include "proxy/client_connection.h"
#include "proxy/deadline_list.h"
#include "proxy/graveyard.h"
#include "proxy/intrusive_list.h"

namespace livefix::proxy {

class SocketStream;
class TlsStream;
struct ArrivalsTag;

class Arrival final : public os::EventSink,
                      public Deadline,
                      public Mortal,
                      public ListHook<ArrivalsTag> {
 public:
  ~Arrival() override;
  // `ticket` is null where clients are not counted.
  static void begin(WorkerContext& worker, os::Fd fd, std::unique_ptr<ClientCensus::Ticket> ticket,
                    const ClientOrigin& origin, const Door& door);
  void close();

  void on_events(std::uint32_t events) noexcept override;
  void on_deadline() noexcept override { close(); }

 private:
  enum class State : std::uint8_t { proxy_header, handshake, over };

  Arrival(WorkerContext& worker, os::Fd fd, std::unique_ptr<ClientCensus::Ticket> ticket,
          const ClientOrigin& origin, const Door& door);
  void proceed();
  // False when more has to come, or it is over.
  bool read_proxy_header();
  bool shake_hands();
  void hand_over();
  void bury();

  WorkerContext& worker_;
  const int fd_;  // of the stream
  const Door door_;
  ClientOrigin origin_;
  State state_;
  std::unique_ptr<SocketStream> stream_;
  TlsStream* tls_ = nullptr;            // the same, where it is one
  ClientCensus::Ticket* const ticket_;  // the stream's
};

}  // namespace livefix::proxy
