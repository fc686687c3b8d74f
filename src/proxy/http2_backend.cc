#include "proxy/http2_backend.h"

#include <sys/epoll.h>

#include <array>

#include "proxy/generation_traffic.h"
#include "proxy/socket_stream.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {
namespace {

// To a program that takes nothing. What is said of requests that were cancelled meanwhile waits as
// well, so a connection of a program that hangs would never stop to grow.
constexpr std::size_t kMostWaitingFrames = 500;

}  // namespace

Http2Backend::Http2Backend(WorkerContext& worker, std::unique_ptr<Stream> stream)
    : Http2Session(worker, std::move(stream)) {}

Http2Backend* Http2Backend::connect(WorkerContext& worker, BackendPort& port) {
  auto stream = connect_tcp(port.address());
  return stream ? begin(worker, port, std::move(stream)) : nullptr;
}

Http2Backend* Http2Backend::begin(WorkerContext& worker, BackendPort& port,
                                  std::unique_ptr<Stream> stream) {
  auto* backend = new Http2Backend(worker, std::move(stream));
  const std::array settings = {
      nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kHttp2StreamWindow},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, http::kMaxHeadBytes},
  };
  if (!backend->start(Side::backend, settings)) {
    backend->close();
    return nullptr;
  }
  port.http2().push_back(*backend);
  worker.connect_deadlines.add(*backend, worker.loop.now() + worker.limits.connect);
  return backend;
}

// --- streams -------------------------------------------------------------------------------------

bool Http2Backend::has_room() {
  const auto most =
      nghttp2_session_get_remote_settings(handle(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  const bool is_stuck =
      stream_->blocked() && nghttp2_session_get_outbound_queue_size(handle()) > kMostWaitingFrames;
  return state_ != State::leaving && !is_closed() && !is_stuck && count_streams() < most &&
         nghttp2_session_check_request_allowed(handle()) != 0;
}

std::unique_ptr<Http2BackendStream> Http2Backend::open_stream() {
  auto stream = std::make_unique<Http2BackendStream>(*this);
  enlist(*stream);
  if (state_ == State::serving) {
    Deadline::unlink();
    stream->on_session_made();
  }
  return stream;
}

void Http2Backend::on_events(std::uint32_t events) noexcept {
  if (state_ == State::connecting) {
    if (stream_->connect_error() != 0) return close();
    Deadline::unlink();
    state_ = State::serving;
    for_each_stream(
        [](Http2Stream& stream) { static_cast<Http2BackendStream&>(stream).on_session_made(); });
  }
  Http2Session::on_events(events);
}

// --- ends ----------------------------------------------------------------------------------------

void Http2Backend::on_goaway(std::int32_t) {
  // Streams that it will not serve, nghttp2 closes as refused.
  state_ = State::leaving;
  schedule();
}

void Http2Backend::retire() {
  if (state_ == State::connecting && !has_streams()) return close();
  state_ = State::leaving;
  schedule();
}

void Http2Backend::on_pumped() {
  if (has_streams() || state_ == State::connecting) return;
  if (state_ == State::leaving) return close();
  if (!Deadline::linked()) {
    worker_.idle_backends.add(*this, worker_.loop.now() + worker_.limits.idle_http2_backend);
  }
}

void Http2Backend::on_deadline() noexcept {
  if (state_ == State::connecting || !has_streams()) close();
}

}  // namespace livefix::proxy
