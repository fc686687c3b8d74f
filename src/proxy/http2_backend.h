// A connection to a generation that speaks HTTP/2 (prior knowledge, RFC 9113 section 3.3): carries
// many exchanges at once, each as the stream of a BackendConnection.
//
//   connecting --> serving --GOAWAY, retired--> leaving --last stream ended--> closed
//        `--refused, late--------`--idle too long, ended------------------------^
//
// Owned by its BackendPort's list until it is buried; one loop.
#pragma once

#include <memory>

#include "proxy/http2_backend_stream.h"
#include "proxy/http2_session.h"

namespace livefix::proxy {

class BackendPort;
struct Http2BackendTag;

class Http2Backend final : public Http2Session, public ListHook<Http2BackendTag> {
 public:
  // Starts to connect. nullptr when that failed at once.
  static Http2Backend* connect(WorkerContext& worker, BackendPort& port);
  // The same over a stream that is connecting.
  static Http2Backend* begin(WorkerContext& worker, BackendPort& port,
                             std::unique_ptr<Stream> stream);

  // Whether it takes one more stream.
  bool has_room();
  // Its sink hears of EPOLLOUT when the connection is made, or of EPOLLHUP.
  std::unique_ptr<Http2BackendStream> open_stream();
  // No new streams; those that there are end by themselves.
  void retire();

  void on_events(std::uint32_t events) noexcept override;
  void on_deadline() noexcept override;

 private:
  enum class State : std::uint8_t { connecting, serving, leaving };

  Http2Backend(WorkerContext& worker, std::unique_ptr<Stream> stream);

  Http2Stream* on_message(std::int32_t) override { return nullptr; }  // nothing is pushed to us
  void on_goaway(std::int32_t last_stream) override;
  void on_pumped() override;
  void on_said_all() override { close(); }
  void on_closed() override { ListHook<Http2BackendTag>::unlink(); }

  State state_ = State::connecting;
};

}  // namespace livefix::proxy
