#include "proxy/http2_stream.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cstring>

#include "proxy/http2_session.h"

namespace livefix::proxy {

Http2Stream::Http2Stream(Http2Session& session, std::int32_t id) : session_(&session), id_(id) {
  output_->on_room = [this] {
    if (blocked()) wake(EPOLLOUT);
  };
}

// --- the owner's side ----------------------------------------------------------------------------

bool Http2Stream::attach(os::EventLoop&, os::EventSink& sink) {
  sink_ = &sink;
  return is_open();
}

void Http2Stream::yield() {
  wake(EPOLLIN | EPOLLOUT);
}

Stream::Received Http2Stream::receive(std::span<char> into) {
  if (!input_.empty()) {
    const std::size_t count = std::min(into.size(), input_.size());
    std::memcpy(into.data(), input_.data(), count);
    input_.drop_front(count);
    consume(count);
    readable_ = !input_.empty() || reset_seen_ || input_ended();
    return {Read::data, count};
  }
  readable_ = false;
  if (!reset_seen_ && !input_ended()) return {};
  peer_leaving_ = true;
  if (reset_seen_) return {Read::failure, 0};
  end_seen_ = true;
  return {Read::end, 0};
}

void Http2Stream::consume(std::size_t bytes) {
  const std::size_t back = std::min(bytes, unconsumed_);
  unconsumed_ -= back;
  if (!session_ || back == 0) return;
  nghttp2_session_consume(session_->handle(), id_, back);
  session_->schedule();
}

void Http2Stream::reset() {
  abort(NGHTTP2_INTERNAL_ERROR);
  close();
}

void Http2Stream::close() {
  sink_ = nullptr;
  ListHook<Http2ReadyTag>::unlink();
  if (!session_) return;
  if (!needs_nobody()) return abort(NGHTTP2_CANCEL);
  Http2Session& session = *session_;
  detach();
  session.keep(id_, std::move(output_));
}

// --- the session's side --------------------------------------------------------------------------

void Http2Stream::hand_on() {
  const std::uint32_t events = std::exchange(pending_, 0);
  if (sink_) sink_->on_events(events);
}

void Http2Stream::on_data(std::string_view bytes) {
  unconsumed_ += bytes.size();
  std::string framed;
  frame(bytes, framed);
  add_input(framed);
}

void Http2Stream::on_closed(std::uint32_t error) {
  refused_ = error == NGHTTP2_REFUSED_STREAM;
  if (!is_complete()) {
    reset_seen_ = broken_ = true;
    wake(EPOLLIN | EPOLLHUP);
  }
  detach();
}

void Http2Stream::abort(std::uint32_t error) {
  if (!session_) return;
  reset_seen_ = broken_ = true;
  wake(EPOLLIN | EPOLLHUP);
  Http2Session& session = *session_;
  detach();
  session.schedule();
  if (id_ <= 0) return;  // the peer has not heard of it
  nghttp2_submit_rst_stream(session.handle(), NGHTTP2_FLAG_NONE, id_, error);
  // A peer that takes nothing does not take the reset either; what was for it is to be gone now.
  output_->drop();
  session.keep(id_, std::exchange(output_, std::make_unique<Http2Output>()));
}

void Http2Stream::detach() {
  if (unconsumed_ > 0) {
    nghttp2_session_consume_connection(session_->handle(), std::exchange(unconsumed_, 0));
  }
  nghttp2_session_set_stream_user_data(session_->handle(), id_, nullptr);
  if (output_) output_->on_room = nullptr;
  ListHook<Http2LiveTag>::unlink();
  session_ = nullptr;
}

// --- for what derives ----------------------------------------------------------------------------

void Http2Stream::add_input(std::string_view bytes) {
  input_.append(bytes);
  readable_ = true;
  wake(EPOLLIN);
}

void Http2Stream::wake(std::uint32_t events) {
  pending_ |= events;
  if (session_) session_->wake(*this);
}

void Http2Stream::output_grew() {
  if (!session_) return;
  if (output_->take_deferred()) nghttp2_session_resume_data(session_->handle(), id_);
  session_->schedule();
}

}  // namespace livefix::proxy
