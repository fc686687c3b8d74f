#include "proxy/http2_client.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "proxy/counters.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {
namespace {

constexpr std::uint32_t kConcurrentRequests = 128;

// What tells the answers to our pings apart.
constexpr std::array<std::uint8_t, 8> kDrainPing{'d', 'r', 'a', 'i', 'n'};
constexpr std::array<std::uint8_t, 8> kLifePing{'l', 'i', 'f', 'e'};

// Requests that are begun only to be reset cost us and the program much and the client nothing
// (CVE-2023-44487). Browsers reset some when a page is left.
constexpr Allowance::Rate kResets{.at_once = 500, .a_second = 50};

}  // namespace

Http2Client::Http2Client(WorkerContext& worker, std::unique_ptr<Stream> stream,
                         const ClientOrigin& origin)
    : Http2Session(worker, std::move(stream)),
      origin_{.peer = origin.peer,
              .public_port = origin.public_port,
              .secure = origin.secure,
              .multiplexed = true,
              .tls = origin.tls},
      resets_(kResets, worker.loop.now()) {}

void Http2Client::accept(WorkerContext& worker, std::unique_ptr<Stream> stream,
                         const ClientOrigin& origin, std::string_view first_bytes) {
  auto* client = new Http2Client(worker, std::move(stream), origin);
  worker.http2_clients.push_back(*client);
  raise(worker.counters.connections);
  const std::array settings = {
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kConcurrentRequests},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kHttp2StreamWindow},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, http::kMaxHeadBytes},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
  };
  if (!client->start(Side::client, settings)) return client->close();
  client->settle_deadline();
  client->put_back(first_bytes);
  client->on_events(0);
  if (worker.draining && !client->is_closed()) client->drain();
}

// --- requests ------------------------------------------------------------------------------------

// RFC 9113 section 5.1.1: a new id closes the lower ones that were not used. nghttp2 passes over
// what comes on these.
bool Http2Client::may_use(std::int32_t id) {
  if (id - 2 > last_id_) {
    skipped_from_ = last_id_ + 2;
    skipped_to_ = id;
  }
  last_id_ = std::max(last_id_, id);
  return id < skipped_from_ || id >= skipped_to_;
}

Http2Stream* Http2Client::on_message(std::int32_t id) {
  beginning_ = std::make_unique<Http2RequestStream>(*this, id);
  return beginning_.get();
}

void Http2Client::on_request(Http2RequestStream&) {
  arrived_.push_back(std::move(beginning_));
}

void Http2Client::on_pumped() {
  for (auto& stream : std::exchange(arrived_, {})) {
    if (stream->is_open()) ClientConnection::accept(worker_, std::move(stream), origin_);
  }
}

void Http2Client::on_peer_reset() {
  if (!resets_.take(worker_.loop.now())) leave(NGHTTP2_ENHANCE_YOUR_CALM);
}

// --- ends ----------------------------------------------------------------------------------------

void Http2Client::drain() {
  if (state_ != State::serving) return;
  state_ = State::announced;
  nghttp2_submit_shutdown_notice(handle());
  wait(Wait::drain);
  schedule();
}

// Submitted together they would go the other way round, and an answer would prove nothing.
void Http2Client::on_goaway_sent() {
  if (state_ != State::announced) return;
  nghttp2_submit_ping(handle(), NGHTTP2_FLAG_NONE, kDrainPing.data());
}

void Http2Client::on_ping_answered(std::span<const std::uint8_t> payload) {
  if (state_ == State::announced && std::ranges::equal(payload, kDrainPing)) {
    leave(NGHTTP2_NO_ERROR);
  }
}

void Http2Client::leave(std::uint32_t reason) {
  if (state_ == State::leaving) return;
  state_ = State::leaving;
  if (wait_ == Wait::drain) wait(Wait::none);
  if (reason == NGHTTP2_NO_ERROR) {
    nghttp2_submit_goaway(handle(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(handle()), reason, nullptr, 0);
  } else {
    nghttp2_session_terminate_session(handle(), reason);
  }
  schedule();
}

void Http2Client::on_deadline() noexcept {
  switch (std::exchange(wait_, Wait::none)) {
    case Wait::fields:
      return close();
    case Wait::sending:
      return stream_->sent() == sent_before_ ? close() : wait(Wait::sending);
    case Wait::silent:
      return heard() == heard_before_ ? ask_for_life() : wait(Wait::silent);
    case Wait::pong:
      on_events(EPOLLIN);  // it may have said something, and the edge not yet been told
      if (is_closed()) return;
      return shows_life() ? wait(Wait::pong) : close();
    case Wait::idle:
    case Wait::drain:
      return leave(NGHTTP2_NO_ERROR);
    case Wait::linger:
      // A client that reads slowly says so by opening its windows: that must not find the
      // connection closed, or the kernel throws away what is on its way.
      if (stream_->acknowledged() >= stream_->sent() || worker_.loop.now() >= lingers_until_) {
        return close();
      }
      return wait(Wait::linger);
    case Wait::none:
      return;
  }
}

void Http2Client::ask_for_life() {
  nghttp2_submit_ping(handle(), NGHTTP2_FLAG_NONE, kLifePing.data());
  taken_before_ = stream_->acknowledged();
  wait(Wait::pong);
  schedule();
}

// A ping waits behind what is on its way to a client that reads slowly: who takes some of that is
// there, too.
bool Http2Client::shows_life() {
  const std::uint64_t taken = stream_->acknowledged();
  return std::exchange(taken_before_, taken) != taken || heard() != heard_before_;
}

void Http2Client::settle_deadline() {
  if (wait_ == Wait::drain) return;
  if (fields_of_) return wait(Wait::fields);
  if (has_streams()) {
    if (wait_ == Wait::pong && heard() == heard_before_) return;
    return wait(worker_.settings.limits.http2_ping > Milliseconds{0} ? Wait::silent : Wait::none);
  }
  wait(has_kept_output() ? Wait::sending : Wait::idle);
}

void Http2Client::on_said_all() {
  state_ = State::leaving;
  lingers_until_ = worker_.loop.now() + worker_.settings.limits.head_time;
  wait(Wait::linger);
}

void Http2Client::wait(Wait wait) {
  if (std::exchange(wait_, wait) == wait) return;  // more bytes do not give more time
  switch (wait) {
    case Wait::none:
      return Deadline::unlink();
    case Wait::fields:
      return worker_.head_deadlines.add(*this,
                                        worker_.loop.now() + worker_.settings.limits.head_time);
    case Wait::sending:
      sent_before_ = stream_->sent();
      return worker_.head_deadlines.add(*this,
                                        worker_.loop.now() + worker_.settings.limits.head_time);
    case Wait::idle:
      return worker_.idle_clients.add(*this, worker_.loop.now() + worker_.settings.limits.idle);
    case Wait::silent:
      // Looked at once in that time, not moved by each read: that costs requests nothing.
      heard_before_ = heard();
      return worker_.silent_clients.add(*this,
                                        worker_.loop.now() + worker_.settings.limits.http2_ping);
    case Wait::pong:
      return worker_.pinged_clients.add(*this, worker_.loop.now() + worker_.limits.pong);
    case Wait::drain:
    case Wait::linger:
      return worker_.lingering_clients.add(*this, worker_.loop.now() + worker_.limits.linger);
  }
}

void Http2Client::on_closed() {
  ListHook<Http2ClientTag>::unlink();
  lower(worker_.counters.connections);
}

}  // namespace livefix::proxy
