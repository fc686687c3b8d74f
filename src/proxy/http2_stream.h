// One stream of an HTTP/2 connection as a Stream of HTTP/1 bytes: its messages are written as
// HTTP/1.1 for who reads, and read as HTTP/1.1 from who writes. Owned by who uses it; the session
// forgets it when it is closed, and it forgets the session when that ends.
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <string_view>

#include "proxy/http2_output.h"
#include "proxy/intrusive_list.h"
#include "proxy/stream.h"

namespace livefix::proxy {

class Http2Session;
struct Http2LiveTag;
struct Http2ReadyTag;

class Http2Stream : public Stream, public ListHook<Http2LiveTag>, public ListHook<Http2ReadyTag> {
 public:
  ~Http2Stream() override { Http2Stream::close(); }

  // --- for its owner ---
  [[nodiscard]] bool attach(os::EventLoop& loop, os::EventSink& sink) override;
  void yield() override;
  Received receive(std::span<char> into) override;
  std::uint64_t acknowledged() const override { return sent(); }
  bool is_quiet() override { return input_.empty() && !reset_seen_; }
  bool was_refused() const override { return refused_; }
  void reset() override;
  void close() override;

  // --- for the session ---
  bool is_open() const { return session_ != nullptr; }
  // Tells the sink what has happened since.
  void hand_on();
  // From inside of nghttp2. Each returns false when the message is malformed.
  [[nodiscard]] virtual bool on_field(std::string_view name, std::string_view value) = 0;
  [[nodiscard]] virtual bool on_fields(bool ends) = 0;
  void on_data(std::string_view bytes);
  virtual void on_peer_end() = 0;
  void on_closed(std::uint32_t error);
  // Ends it, so that both sides know.
  void abort(std::uint32_t error);

 protected:
  Http2Stream(Http2Session& session, std::int32_t id);

  Http2Session* session() { return session_; }
  std::int32_t id() const { return id_; }
  void set_id(std::int32_t id) { id_ = id; }
  // HTTP/1 bytes for the owner.
  void add_input(std::string_view bytes);
  void wake(std::uint32_t events);
  // What the owner has said.
  Http2Output& output() { return *output_; }
  const Http2Output& output() const { return *output_; }
  nghttp2_data_provider provider() { return output_->provider(); }
  void output_grew();

  // How a piece of payload is framed for the owner.
  virtual void frame(std::string_view payload, std::string& out) = 0;
  // Nothing follows what was read.
  virtual bool input_ended() const = 0;
  // Both sides have said all they had to.
  virtual bool is_complete() const = 0;
  // What the owner has said is to be sent though he has gone.
  virtual bool needs_nobody() const { return output().ended(); }

 private:
  void detach();
  void consume(std::size_t bytes);

  Http2Session* session_;
  std::int32_t id_;
  os::EventSink* sink_ = nullptr;
  std::uint32_t pending_ = 0;
  bool refused_ = false;
  Spill input_;
  std::size_t unconsumed_ = 0;  // payload that the peer's window does not have back yet
  std::unique_ptr<Http2Output> output_ = std::make_unique<Http2Output>();
};

}  // namespace livefix::proxy
