#include "proxy/client_connection.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cstring>

#include "http/request_scanner.h"
#include "proxy/counters.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {

ClientConnection::ClientConnection(WorkerContext& worker, os::Fd fd, const Address& peer,
                                   std::uint16_t port)
    : worker_(worker), stream_(std::move(fd)), public_port_(port), exchange_(worker, *this) {
  const std::string ip = peer.ip();
  ip_size_ = static_cast<std::uint8_t>(std::min(ip.size(), ip_.size()));
  std::copy_n(ip.begin(), ip_size_, ip_.begin());
}

void ClientConnection::accept(WorkerContext& worker, os::Fd fd, const Address& peer,
                              std::uint16_t port) {
  auto* client = new ClientConnection(worker, std::move(fd), peer, port);
  worker.clients.push_back(*client);
  raise(worker.counters.connections);
  if (!worker.loop.add(client->stream_.fd(), Stream::kEvents, *client)) return client->close();
  client->wait_for_head();
}

// --- events --------------------------------------------------------------------------------------

void ClientConnection::on_events(std::uint32_t events) noexcept {
  stream_.note(events);
  if (!stream_.flush() && state_ != State::lingering) return close();
  switch (state_) {
    case State::reading:
      return proceed();
    case State::exchanging:
      if (stream_.peer_is_leaving() && !exchange_.is_tunnel()) return close();
      return exchange_.on_client_ready();
    case State::closing:
      if (!stream_.blocked()) linger();
      return;
    case State::lingering:
      return discard_input();
    case State::closed:
      return;
  }
}

void ClientConnection::on_deadline() noexcept {
  if (state_ == State::reading && head_timer_ && !left().empty()) {
    raise(worker_.counters.refused);
    return answer({.status = 408, .sentence = "the request took too long to arrive"});
  }
  close();
}

void ClientConnection::wait_for_head() {
  const bool begun = !left().empty() || !served_;
  if (begun && head_timer_ && Deadline::linked()) return;  // each byte does not give more time
  head_timer_ = begun;
  if (begun) {
    worker_.head_deadlines.add(*this, worker_.loop.now() + worker_.limits.request_head);
  } else {
    worker_.idle_clients.add(*this, worker_.loop.now() + worker_.limits.idle_client);
  }
}

// --- requests ------------------------------------------------------------------------------------

// Exchanges can be over before they return here: the loop goes on then, not a nested call.
void ClientConnection::proceed() {
  if (proceeding_) return;
  proceeding_ = true;
  while (state_ == State::reading && !stream_.blocked() && read_head()) {
  }
  proceeding_ = false;
  if (state_ != State::reading) return;
  if (left().empty()) {
    if (worker_.draining) return close();
    if (input_.capacity() > sizeof(std::string)) drop_input();
  }
  wait_for_head();
}

// False when there is nothing to be done before the next event.
bool ClientConnection::read_head() {
  if (!left().empty() && !head_incomplete_) {
    return take_head(input_.data() + input_at_, input_.size() - input_at_, false);
  }
  if (!stream_.readable()) return false;
  char* const input = worker_.scratch.input();
  const std::size_t before = left().size();
  std::memcpy(input, left().data(), before);
  const auto received = stream_.receive({input + before, kReadSize});
  if (received.kind == Stream::Read::nothing) return false;
  if (received.kind != Stream::Read::data) {
    close();
    return false;
  }
  // A head is complete only with the end of a line: scanning one that trickles in costs its
  // length once a line, not once a byte.
  const std::size_t size = before + received.bytes;
  if (head_incomplete_ && size < http::kMaxHeadBytes &&
      !std::memchr(input + before, '\n', received.bytes)) {
    input_.append(input + before, received.bytes);
    return true;
  }
  return take_head(input, size, true);
}

bool ClientConnection::take_head(char* bytes, std::size_t size, bool in_scratch) {
  http::RequestHead& head = worker_.request_head;
  const auto outcome = http::scan_request({bytes, size}, head);
  head_incomplete_ = std::holds_alternative<http::NeedsMore>(outcome);
  if (head_incomplete_) {
    if (in_scratch) keep({bytes, size});
    return true;
  }
  if (const auto* refusal = std::get_if<http::Refusal>(&outcome)) {
    refuse(*refusal);
    return false;
  }
  if (head.method == http::Method::connect) {
    refuse({501, "CONNECT is not served here"});
    return false;
  }
  Deadline::unlink();
  head_timer_ = false;
  served_ = true;
  state_ = State::exchanging;
  const std::size_t head_size = std::get<http::Complete>(outcome).size;
  const std::size_t taken =
      head_size + exchange_.begin(head, bytes + head_size, size - head_size, in_scratch);
  if (state_ == State::closed) return false;
  if (in_scratch) {
    keep({bytes + taken, size - taken});
  } else {
    input_at_ += taken;
  }
  if (state_ != State::exchanging) return true;
  if (stream_.peer_is_leaving()) {
    close();
    return false;
  }
  exchange_.pump_request();
  return true;
}

void ClientConnection::keep(std::string_view bytes) {
  input_.assign(bytes);
  input_at_ = 0;
}

void ClientConnection::drop_input() {
  input_ = {};
  input_at_ = 0;
}

Stream::Received ClientConnection::more_input(std::size_t max, char*& bytes) {
  if (!left().empty()) {
    bytes = input_.data() + input_at_;
    return {Stream::Read::data, std::min(left().size(), max)};
  }
  if (!stream_.readable()) return {};
  bytes = worker_.scratch.input();
  return stream_.receive({bytes, std::min(max, kReadSize)});
}

void ClientConnection::use_input(const char* bytes, std::size_t size, std::size_t taken) {
  if (!left().empty()) {
    input_at_ += taken;
  } else if (taken < size) {
    keep({bytes + taken, size - taken});
  }
}

std::string ClientConnection::take_input() {
  std::string rest(left());
  drop_input();
  return rest;
}

// --- ends ----------------------------------------------------------------------------------------

void ClientConnection::refuse(const http::Refusal& refusal) {
  raise(worker_.counters.refused);
  answer({.status = refusal.status, .sentence = refusal.reason});
}

void ClientConnection::answer(const Answer& answer) {
  if (!stream_.send(compose_answer(answer))) return close();
  on_exchange_over(!answer.close);
}

void ClientConnection::on_exchange_over(bool stays) {
  if (state_ == State::closed) return;
  if (!stays || (worker_.draining && left().empty())) return start_closing();
  state_ = State::reading;
  head_incomplete_ = false;
  proceed();
}

void ClientConnection::start_closing() {
  state_ = State::closing;
  drop_input();
  if (!stream_.blocked()) return linger();
  worker_.head_deadlines.add(*this, worker_.loop.now() + worker_.limits.request_head);
}

void ClientConnection::linger() {
  state_ = State::lingering;
  stream_.shut_down_sending();
  worker_.lingering.push_back(*this);
  worker_.lingering_clients.add(*this, worker_.loop.now() + worker_.limits.linger);
  discard_input();
}

void ClientConnection::discard_input() {
  for (int reads = 0; stream_.readable(); ++reads) {
    if (reads == kReadsInARow) return yield();
    const auto received = stream_.receive({worker_.scratch.input(), kReadSize});
    if (received.kind == Stream::Read::end || received.kind == Stream::Read::failure) {
      return close();
    }
  }
}

void ClientConnection::abort() {
  if (state_ == State::closed) return;
  worker_.loop.remove(stream_.fd(), *this);
  stream_.reset();
  close();
}

void ClientConnection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  exchange_.abandon();
  Deadline::unlink();
  ListHook<ClientsTag>::unlink();
  if (stream_.is_open()) worker_.loop.remove(stream_.fd(), *this);
  stream_.close();
  lower(worker_.counters.connections);
  worker_.graveyard.bury(*this);
}

void ClientConnection::drain() {
  if (state_ != State::reading || !left().empty()) return;
  // Its next request may have arrived already, and the edge not yet been told.
  stream_.note(EPOLLIN);
  proceed();
}

void ClientConnection::yield() {
  [[maybe_unused]] const auto modified = worker_.loop.modify(stream_.fd(), Stream::kEvents, *this);
}

}  // namespace livefix::proxy
