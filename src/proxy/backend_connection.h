// A connection to a generation: connecting, carrying an exchange, or pooled.
//
//   connecting --made--> carrying --answer complete--> pooled --request--> carrying
//        \                  \                             \ idle too long, or the program closed
//         `--refused, late---`--ended, cut----------------`--> closed
//
// Owned by the worker's BackendConnections list until it is buried; one loop.
#pragma once

#include <cstdint>
#include <memory>

#include "base/address.h"
#include "os/event_loop.h"
#include "proxy/deadline_list.h"
#include "proxy/graveyard.h"
#include "proxy/intrusive_list.h"
#include "proxy/stream.h"

namespace livefix::proxy {

class BackendPort;
class Exchange;
class WorkerContext;

struct BackendsTag;

class BackendConnection final : public os::EventSink,
                                public Deadline,
                                public Mortal,
                                public ListHook<BackendsTag> {
 public:
  enum class State : std::uint8_t { connecting, carrying, pooled, closed };

  // Starts to connect for `exchange`, which hears on_connected or on_connect_failed from the
  // loop. nullptr when that failed at once.
  static BackendConnection* connect(WorkerContext& worker, BackendPort& port, Exchange& exchange,
                                    bool http2);

  Stream& stream() { return *stream_; }
  BackendPort& port() { return port_; }
  Exchange* exchange() { return exchange_; }
  State state() const { return state_; }
  // Has carried an exchange before this one.
  bool is_reused() const { return reused_; }
  // Bytes of earlier exchanges.
  std::uint64_t sent_before() const { return sent_before_; }

  void carry(Exchange& exchange);   // from the pool
  void rest(Milliseconds longest);  // into the pool
  void close();                     // idempotent; tells nobody
  void reset();                     // as close, and the program cannot take it for an end in order

  void on_events(std::uint32_t events) noexcept override;
  void on_deadline() noexcept override;
  // Gives other connections a turn: the loop reports what is ready once more.
  void yield();

 private:
  BackendConnection(WorkerContext& worker, BackendPort& port, Exchange& exchange,
                    std::unique_ptr<Stream> stream);
  void settle_connect();
  void fail_connect();

  WorkerContext& worker_;
  BackendPort& port_;
  Exchange* exchange_;
  std::unique_ptr<Stream> stream_;
  State state_ = State::connecting;
  bool reused_ = false;
  std::uint64_t sent_before_ = 0;
};

}  // namespace livefix::proxy
