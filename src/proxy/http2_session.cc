#include "proxy/http2_session.h"

#include <algorithm>
#include <cstring>

#include "proxy/worker_context.h"

namespace livefix::proxy {
namespace {

// Then others get a turn.
constexpr int kRoundsInARow = 8;

// The same for what comes in. A read may hold one frame of 16 KiB, or of fields that are a byte
// each as many thousands, which takes nghttp2 a hundred times as long: so it is the time that
// counts. The clock is looked at only behind reads that can be long.
constexpr std::chrono::microseconds kTurn{100};
constexpr std::size_t kLeastRead = 2 * 1024;

// Frames that want an answer from us, settings and pings, with no other in between: clients of gRPC
// ping as often as they are sent something, to measure the way.
constexpr Allowance::Rate kAnswers{.at_once = 10'000, .a_second = 1'000};

Http2Stream* stream_of(nghttp2_session* session, std::int32_t id) {
  return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

std::string_view view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// What a stream is reset with because of something that the peer did to it.
bool blames_the_peer(std::uint32_t error) {
  return error == NGHTTP2_PROTOCOL_ERROR || error == NGHTTP2_FLOW_CONTROL_ERROR ||
         error == NGHTTP2_STREAM_CLOSED || error == NGHTTP2_FRAME_SIZE_ERROR;
}

}  // namespace

// --- what nghttp2 calls --------------------------------------------------------------------------

struct Http2Session::Callbacks {
  static Http2Session& self(void* user) { return *static_cast<Http2Session*>(user); }

  static int on_begin_frame(nghttp2_session* handle, const nghttp2_frame_hd* frame, void* user) {
    if (frame->type == NGHTTP2_HEADERS && !self(user).may_use(frame->stream_id)) {
      nghttp2_session_terminate_session(handle, NGHTTP2_PROTOCOL_ERROR);
    }
    return 0;
  }

  static int on_begin_headers(nghttp2_session* handle, const nghttp2_frame* frame, void* user) {
    Http2Session& session = self(user);
    const std::int32_t id = frame->hd.stream_id;
    session.on_fields_begin(id);
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Http2Stream* stream = session.on_message(id);
    if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    nghttp2_session_set_stream_user_data(handle, id, stream);
    session.enlist(*stream);
    return 0;
  }

  static int on_header(nghttp2_session* handle, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t, void*) {
    Http2Stream* stream = stream_of(handle, frame->hd.stream_id);
    if (stream && !stream->on_field(view(name, name_size), view(value, value_size))) {
      stream->abort(NGHTTP2_PROTOCOL_ERROR);
    }
    return 0;
  }

  // nghttp2 would pass over it; but what a field was meant to say should not be guessed.
  static int on_invalid_header(nghttp2_session* handle, const nghttp2_frame* frame,
                               const std::uint8_t*, std::size_t, const std::uint8_t*, std::size_t,
                               std::uint8_t, void*) {
    if (Http2Stream* stream = stream_of(handle, frame->hd.stream_id)) {
      stream->abort(NGHTTP2_PROTOCOL_ERROR);
    }
    return 0;
  }

  static int on_frame(nghttp2_session* handle, const nghttp2_frame* frame, void* user) {
    Http2Session& session = self(user);
    Http2Stream* stream = stream_of(handle, frame->hd.stream_id);
    const bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    const bool is_ping = frame->hd.type == NGHTTP2_PING;
    if (is_ping || frame->hd.type == NGHTTP2_SETTINGS) {
      if (!(frame->hd.flags & NGHTTP2_FLAG_ACK)) return session.answer();
      if (is_ping) session.on_ping_answered(frame->ping.opaque_data);
      return 0;
    }
    session.answers_.refill();
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        session.on_fields_end(frame->hd.stream_id);
        if (stream && !stream->on_fields(ends)) {
          stream->abort(NGHTTP2_PROTOCOL_ERROR);
        } else if (stream && ends && stream->is_open()) {
          stream->on_peer_end();
        }
        break;
      case NGHTTP2_DATA:
        if (stream && ends) stream->on_peer_end();
        break;
      case NGHTTP2_RST_STREAM:
        session.on_peer_reset();
        break;
      case NGHTTP2_GOAWAY:
        session.on_goaway(frame->goaway.last_stream_id);
        break;
      default:
        break;
    }
    return 0;
  }

  static int on_data(nghttp2_session* handle, std::uint8_t, std::int32_t id,
                     const std::uint8_t* bytes, std::size_t size, void*) {
    if (Http2Stream* stream = stream_of(handle, id)) {
      stream->on_data(view(bytes, size));
    } else {
      nghttp2_session_consume(handle, id, size);
    }
    return 0;
  }

  static int on_close(nghttp2_session* handle, std::int32_t id, std::uint32_t error, void* user) {
    Http2Session& session = self(user);
    if (Http2Stream* stream = stream_of(handle, id)) stream->on_closed(error);
    std::erase_if(session.kept_, [id](const auto& one) { return one.first == id; });
    // Of fields that are malformed no end is reported.
    session.on_fields_end(id);
    return 0;
  }

  static int on_sent(nghttp2_session* handle, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY) self(user).on_goaway_sent();
    if (frame->hd.type == NGHTTP2_RST_STREAM && blames_the_peer(frame->rst_stream.error_code)) {
      self(user).on_peer_reset();
    }
    // An answer was given whole before the request was: the rest of it is not wanted (RFC 9113
    // section 8.1).
    const bool ends = (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
                      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
    const std::int32_t id = frame->hd.stream_id;
    if (!ends || !nghttp2_session_check_server_session(handle)) return 0;
    const bool is_kept =
        std::ranges::any_of(self(user).kept_, [id](const auto& one) { return one.first == id; });
    if (is_kept && nghttp2_session_get_stream_remote_close(handle, id) == 0) {
      nghttp2_submit_rst_stream(handle, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }
};

// --- the session ---------------------------------------------------------------------------------

Http2Session::Http2Session(WorkerContext& worker, std::unique_ptr<Stream> stream)
    : worker_(worker), stream_(std::move(stream)), answers_(kAnswers, worker.loop.now()) {}

Http2Session::~Http2Session() = default;

bool Http2Session::start(Side peer, std::span<const nghttp2_settings_entry> settings) {
  nghttp2_session_callbacks* callbacks = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) return false;
  nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, Callbacks::on_begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, Callbacks::on_invalid_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_close);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::on_sent);
  nghttp2_option* option = nullptr;
  nghttp2_session* session = nullptr;
  if (nghttp2_option_new(&option) == 0) {
    // Windows are given back as the bytes are passed on, not as they come in.
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_max_send_header_block_length(option, 2 * http::kMaxHeadBytes);
    if (peer == Side::client) {
      nghttp2_session_server_new2(&session, callbacks, this, option);
    } else {
      nghttp2_session_client_new2(&session, callbacks, this, option);
    }
    nghttp2_option_del(option);
  }
  nghttp2_session_callbacks_del(callbacks);
  session_.reset(session);
  constexpr std::int32_t kConnectionWindow = 1024 * 1024;
  return session && stream_->attach(worker_.loop, *this) &&
         nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) ==
             0 &&
         nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow) ==
             0;
}

void Http2Session::schedule() {
  if (!closed_) worker_.http2_pumps.push_back(*this);
}

void Http2Session::wake(Http2Stream& stream) {
  ready_.push_back(stream);
  schedule();
}

void Http2Session::keep(std::int32_t stream, std::unique_ptr<Http2Output> output) {
  kept_.emplace_back(stream, std::move(output));
}

void Http2Session::on_events(std::uint32_t events) noexcept {
  stream_->note(events);
  if (!stream_->flush()) return lose();
  read(kTurn);
  schedule();
}

// Nothing can be sent any more; what the peer said last may be left to read, a whole answer even.
void Http2Session::lose() {
  read_size_ = kReadSize;
  read(Clock::duration::max());
  close();
}

void Http2Session::read(Clock::duration turn) {
  Clock::duration spent{};
  for (int reads = 0; !closed_ && may_read() && !stream_->blocked(); ++reads) {
    if (reads == kReadsInARow || spent > turn) return stream_->yield();
    char* const input = worker_.scratch.input();
    std::size_t size = early_.view().copy(input, read_size_);
    if (size > 0) {
      early_.drop_front(size);
    } else {
      const auto received = stream_->receive({input, read_size_});
      if (received.kind == Stream::Read::nothing) return;
      if (received.kind != Stream::Read::data) return close();
      size = received.bytes;
    }
    heard_ += size;
    if (!said_all_) spent += take_in_time({input, size});
  }
}

// Returns how long it took, where that can have been long, and reads more or less at once next
// time.
Clock::duration Http2Session::take_in_time(std::string_view bytes) {
  if (bytes.size() < kLeastRead) {
    take_input(bytes);
    return {};
  }
  const auto begun = Clock::now();
  take_input(bytes);
  const auto took = Clock::now() - begun;
  if (took > kTurn) {
    read_size_ = std::max(read_size_ / 2, kLeastRead);
  } else if (took < kTurn / 4) {
    read_size_ = std::min(read_size_ * 2, kReadSize);
  }
  return took;
}

void Http2Session::take_input(std::string_view bytes) {
  const auto taken = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken >= 0) return;
  // No HTTP/2, or a flood. It may have something to say about that.
  flush();
  close();
}

void Http2Session::pump() {
  if (said_all_) return ListHook<Http2PumpTag>::unlink();
  for (int round = 0; round < kRoundsInARow && !closed_; ++round) {
    on_pumped();
    hand_on();
    if (closed_) return;
    if (!flush()) return lose();
    if (ready_.empty()) break;
  }
  if (closed_) return;
  on_flushed();
  if (!ready_.empty()) return schedule();
  ListHook<Http2PumpTag>::unlink();
  if (!nghttp2_session_want_read(session_.get()) && !nghttp2_session_want_write(session_.get()) &&
      !stream_->blocked()) {
    say_no_more();
  }
}

// The peer may still be sending, as it does while it reads: see ClientConnection about lingering.
void Http2Session::say_no_more() {
  said_all_ = true;
  end_streams();
  if (closed_) return;
  stream_->shut_down_sending();
  on_said_all();
  read(kTurn);
}

void Http2Session::hand_on() {
  ready_.take_each([](Http2Stream& stream) { stream.hand_on(); });
}

// Many frames in one send.
bool Http2Session::flush() {
  if (!stream_->flush()) return false;
  char* const output = worker_.scratch.input();
  std::size_t size = 0;
  while (!stream_->blocked()) {
    const std::uint8_t* frame = nullptr;
    const auto count = nghttp2_session_mem_send(session_.get(), &frame);
    if (count < 0) return false;
    const auto bytes = static_cast<std::size_t>(count);
    if (count == 0 || size + bytes > kReadSize) {
      if (size > 0 && !stream_->send({output, std::exchange(size, 0)})) return false;
      if (count == 0) break;
    }
    std::memcpy(output + size, frame, bytes);
    size += bytes;
  }
  // The socket was full before the last of them.
  return size == 0 || stream_->send({output, size});
}

// For nghttp2: an error ends the session, with what is still to be sent.
int Http2Session::answer() {
  if (answers_.take(worker_.loop.now())) return 0;
  nghttp2_session_terminate_session(session_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
  return NGHTTP2_ERR_CALLBACK_FAILURE;
}

void Http2Session::for_each_stream(const std::function<void(Http2Stream&)>& visit) {
  for (Http2Stream* stream = live_.front(); stream; stream = live_.after(*stream)) visit(*stream);
}

std::size_t Http2Session::count_streams() {
  std::size_t count = 0;
  for_each_stream([&count](Http2Stream&) { ++count; });
  return count;
}

void Http2Session::end_streams() {
  while (Http2Stream* stream = live_.front()) {
    stream->on_closed(NGHTTP2_CANCEL);
    stream->ListHook<Http2ReadyTag>::unlink();
    stream->hand_on();
  }
  hand_on();
}

void Http2Session::close() {
  if (closed_) return;
  closed_ = true;
  Deadline::unlink();
  ListHook<Http2PumpTag>::unlink();
  end_streams();
  stream_->close();
  on_closed();
  worker_.graveyard.bury(*this);
}

}  // namespace livefix::proxy
