// A client that speaks HTTP/2: each of its requests is served by a ClientConnection of its own,
// so that requests of one connection may go to different generations.
//
//   serving --drain--> announced --ping answered, or 2 s--> leaving --last answer sent--.
//      `--idle too long, flood------------------------------^                           |
//                     closed <--client's FIN, or 2 s after it has everything-- lingering <'
//
// A client that has requests and says nothing for long is asked for a sign of life, by a PING, and
// closed when there is none: of one that lost its power or its network, nothing else would tell.
//
// A drain says GOAWAY twice (RFC 9113 section 6.8): first that no new request should come, and
// after a round trip which was the last one that counts, so that none is lost in between.
#pragma once

#include <optional>
#include <vector>

#include "proxy/allowance.h"
#include "proxy/client_connection.h"
#include "proxy/http2_request_stream.h"
#include "proxy/http2_session.h"

namespace livefix::proxy {

struct Http2ClientTag;

class Http2Client final : public Http2Session, public ListHook<Http2ClientTag> {
 public:
  // Takes over a connection whose client has begun to speak: `first_bytes`.
  static void accept(WorkerContext& worker, std::unique_ptr<Stream> stream,
                     const ClientOrigin& origin, std::string_view first_bytes);

  // Its head is complete. From inside of nghttp2.
  void on_request(Http2RequestStream& stream);
  void drain();

  void on_deadline() noexcept override;

 private:
  enum class State : std::uint8_t { serving, announced, leaving };
  enum class Wait : std::uint8_t { none, fields, sending, idle, silent, pong, drain, linger };

  Http2Client(WorkerContext& worker, std::unique_ptr<Stream> stream, const ClientOrigin& origin);

  bool may_use(std::int32_t id) override;
  Http2Stream* on_message(std::int32_t id) override;
  void on_fields_begin(std::int32_t id) override { fields_of_ = id; }
  void on_fields_end(std::int32_t id) override {
    if (fields_of_ == id) fields_of_.reset();
  }
  void on_peer_reset() override;
  void on_ping_answered(std::span<const std::uint8_t> payload) override;
  void on_goaway_sent() override;
  void on_pumped() override;
  void on_flushed() override { settle_deadline(); }
  void on_said_all() override;
  void on_closed() override;

  void leave(std::uint32_t reason);
  void ask_for_life();
  bool shows_life();
  void settle_deadline();
  void wait(Wait wait);

  const ClientOrigin origin_;
  State state_ = State::serving;
  Wait wait_ = Wait::none;
  // The stream whose fields have begun. The first thing that must come is a head, too.
  std::optional<std::int32_t> fields_of_ = 0;
  std::uint64_t sent_before_ = 0;   // when it began to wait
  std::uint64_t heard_before_ = 0;  // likewise
  std::uint64_t taken_before_ = 0;  // of what was sent, when it was last looked at
  TimePoint lingers_until_;
  std::int32_t last_id_ = -1;
  std::int32_t skipped_from_ = 0;  // ids that were passed over lately: closed for good
  std::int32_t skipped_to_ = 0;
  std::unique_ptr<Http2RequestStream> beginning_;
  std::vector<std::unique_ptr<Http2RequestStream>> arrived_;

  Allowance resets_;  // requests that the client gave up
};

}  // namespace livefix::proxy
