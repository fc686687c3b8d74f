// A connection that speaks HTTP/2, on either side of the proxy: nghttp2 between a stream of bytes
// and the Http2Streams on it. What comes in is handed on, and what goes out is sent, after the
// batch of events (pump), so that answers of many streams share a packet and nothing is called
// back from inside of nghttp2.
//
//   bytes --on_events--> nghttp2 --hooks--> Http2Stream::input   --pump--> its sink
//   bytes <----pump----- nghttp2 <--------- Http2Stream's output <-------- its owner
//
// Owned by who made it until it is buried; one loop.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "proxy/allowance.h"
#include "proxy/deadline_list.h"
#include "proxy/graveyard.h"
#include "proxy/http2_stream.h"
#include "proxy/intrusive_list.h"
#include "proxy/spill.h"
#include "proxy/stream.h"

namespace livefix::proxy {

class WorkerContext;
struct Http2PumpTag;

// How much of one request or answer may be on its way before it is taken.
inline constexpr std::uint32_t kHttp2StreamWindow = 256 * 1024;

class Http2Session : public os::EventSink,
                     public Deadline,
                     public Mortal,
                     public ListHook<Http2PumpTag> {
 public:
  ~Http2Session() override;

  nghttp2_session* handle() { return session_.get(); }
  // There is something to be sent or to be handed on.
  void schedule();
  // `stream` has something for its sink.
  void wake(Http2Stream& stream);
  // For the output of a stream that nobody has any more, until the stream is closed.
  void keep(std::int32_t stream, std::unique_ptr<Http2Output> output);

  // After a batch.
  void pump();
  void close();  // as it is; the streams see a reset
  bool is_closed() const { return closed_; }

  void on_events(std::uint32_t events) noexcept override;

 protected:
  enum class Side : std::uint8_t { client, backend };  // who is at the other end

  Http2Session(WorkerContext& worker, std::unique_ptr<Stream> stream);
  // False when the loop or nghttp2 will not have it.
  [[nodiscard]] bool start(Side peer, std::span<const nghttp2_settings_entry> settings);
  // What was read before this had the connection.
  void put_back(std::string_view bytes) { early_.assign(bytes); }
  bool has_streams() const { return !live_.empty(); }
  // Answers are on their way of which nobody has anything more to say.
  bool has_kept_output() const { return !kept_.empty(); }
  // Bytes that the peer has said, ever.
  std::uint64_t heard() const { return heard_; }
  void enlist(Http2Stream& stream) { live_.push_back(stream); }
  // `visit` must close none.
  void for_each_stream(const std::function<void(Http2Stream&)>& visit);
  std::size_t count_streams();

  // --- hooks: called from inside of nghttp2, so they must not send ---
  // False when the peer may not use `id` for fields: the connection ends.
  virtual bool may_use(std::int32_t /*id*/) { return true; }
  // A message begins on `id`: the stream that takes it, or nullptr to refuse.
  virtual Http2Stream* on_message(std::int32_t id) = 0;
  virtual void on_fields_begin(std::int32_t /*id*/) {}
  // Also of a stream that is closed, whether it had any open or not.
  virtual void on_fields_end(std::int32_t /*id*/) {}
  // It has reset a stream, or made us do so.
  virtual void on_peer_reset() {}
  // `payload`: the 8 bytes of the ping.
  virtual void on_ping_answered(std::span<const std::uint8_t> /*payload*/) {}
  virtual void on_goaway(std::int32_t /*last_stream*/) {}
  // Ours: nothing that is submitted from now on comes before it.
  virtual void on_goaway_sent() {}
  // --- hooks: called from pump ---
  virtual void on_pumped() {}
  virtual void on_flushed() {}
  // The last byte has been sent; what comes is thrown away until the peer's end.
  virtual void on_said_all() = 0;
  virtual void on_closed() = 0;

  WorkerContext& worker_;
  std::unique_ptr<Stream> stream_;

 private:
  static constexpr std::size_t kFirstRead = 8 * 1024;

  struct Callbacks;
  friend struct Callbacks;
  struct DeleteSession {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  bool may_read() const { return !early_.empty() || stream_->readable(); }
  // Until nothing is left, or so much time was needed for it; what is left has its turn later.
  void read(Clock::duration turn);
  Clock::duration take_in_time(std::string_view bytes);
  void take_input(std::string_view bytes);
  int answer();
  void lose();
  bool flush();
  void hand_on();
  void say_no_more();
  void end_streams();

  std::unique_ptr<nghttp2_session, DeleteSession> session_;
  IntrusiveList<Http2Stream, Http2LiveTag> live_;
  IntrusiveList<Http2Stream, Http2ReadyTag> ready_;
  std::vector<std::pair<std::int32_t, std::unique_ptr<Http2Output>>> kept_;
  Allowance answers_;  // that the peer may want for its own frames
  Spill early_;
  std::uint64_t heard_ = 0;
  std::size_t read_size_ = kFirstRead;  // at once
  bool said_all_ = false;
  bool closed_ = false;
};

}  // namespace livefix::proxy
