// A peer of the proxy that is in memory: what it says is given beforehand or bit by bit, what it is
// told is kept or forgotten. A worker in the same thread does with it what it does with a socket.
#pragma once

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>

#include "fuzz_check.h"
#include "proxy/client_connection.h"
#include "proxy/http2_session.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {

class MemoryStream final : public Stream {
 public:
  static constexpr std::size_t kNoEnd = std::numeric_limits<std::size_t>::max();

  // Must outlive the stream.
  struct State {
    // Of the peer.
    std::string input;             // that it has said
    std::size_t at = 0;            // what of it was read
    std::size_t piece = kNoEnd;    // so much is read at once
    std::size_t room = kNoEnd;     // it takes so much at a time
    std::string* heard = nullptr;  // what it is told, where that is of interest
    bool refuses = false;          // the connection was never made
    bool ends = false;             // behind its input
    bool breaks = false;           // it has reset the connection

    // Of the proxy.
    os::EventSink* sink = nullptr;
    std::size_t used = 0;  // of the room
    bool again = false;    // it has given others a turn
    bool shut = false;     // it has said that this is all
    bool was_reset = false;
    bool closed = false;

    bool has_input() const { return at < input.size(); }
    // What the loop would report. False when nobody listens.
    bool fire() {
      if (!sink) return false;
      used = 0;
      again = false;
      sink->on_events(EPOLLIN | EPOLLOUT | (ends || breaks ? EPOLLRDHUP : 0));
      return true;
    }
  };
  explicit MemoryStream(State& state) : state_(state) {}
  ~MemoryStream() override { MemoryStream::close(); }

  bool attach(os::EventLoop&, os::EventSink& sink) override {
    state_.sink = &sink;
    readable_ = true;
    return true;
  }
  void yield() override {
    check(!state_.closed);
    state_.again = true;
  }
  Received receive(std::span<char> into) override {
    check(!state_.closed);
    if (state_.breaks) return end(Read::failure);
    const std::size_t size = std::min({into.size(), state_.piece, state_.input.size() - state_.at});
    if (size == 0 && state_.ends) return end(Read::end);
    std::copy_n(state_.input.data() + state_.at, size, into.data());
    state_.at += size;
    readable_ = state_.has_input() || state_.ends;
    if (!state_.has_input()) {
      state_.input.clear();
      state_.at = 0;
    }
    return size == 0 ? Received{} : Received{Read::data, size};
  }
  std::uint64_t acknowledged() const override { return sent(); }
  bool is_quiet() override { return !state_.has_input() && !state_.ends && !state_.breaks; }
  int connect_error() const override { return state_.refuses ? ECONNREFUSED : 0; }
  void shut_down_sending() override {
    check(!blocked() && !state_.closed);
    state_.shut = true;
  }
  void reset() override {
    if (!state_.closed) state_.was_reset = true;
    close();
  }
  void close() override {
    state_.closed = true;
    state_.sink = nullptr;
  }

 private:
  Received end(Read how) {
    readable_ = false;
    peer_leaving_ = true;
    (how == Read::end ? end_seen_ : reset_seen_) = true;
    return {how, 0};
  }
  std::size_t write(std::string_view bytes, bool) override {
    check(!state_.closed && !state_.shut);
    if (state_.breaks) {
      reset_seen_ = broken_ = readable_ = true;
      return 0;
    }
    const std::size_t taken = std::min(bytes.size(), state_.room - state_.used);
    if (state_.room != kNoEnd) state_.used += taken;
    if (state_.heard) state_.heard->append(bytes.substr(0, taken));
    return taken;
  }

  State& state_;
};

// What a worker does after a batch of events.
inline void settle(WorkerContext& worker) {
  for (int i = 0; i < 1000 && !worker.http2_pumps.empty(); ++i) {
    worker.http2_pumps.take_each([](Http2Session& session) { session.pump(); });
    worker.graveyard.sweep();
  }
  check(worker.http2_pumps.empty());  // else it would never rest
  worker.graveyard.sweep();
  worker.exchanges.trim();
}

}  // namespace livefix::proxy
