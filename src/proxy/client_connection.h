// A connection from a client: reads one request after the other and gives each to its exchange.
//
//   reading --head complete--> exchanging --answered, stays--> reading
//      |                           | answered, does not stay        | idle too long: closed
//      `--refused, too slow--> closing --all sent--> lingering --client's FIN, or 2 s--> closed
//
// Lingering: the client may still be sending. Closing now would make the kernel send a reset,
// which can destroy the answer before the client has read it (RFC 9112 section 9.6).
//
// A FIN from a client that waits for its answer means that it has left: the program is told by
// closing its connection, a place in the hold queue is freed. (A tunnel may be half closed.)
//
// Owned by the worker's list of clients until it is buried; one loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/address.h"
#include "os/event_loop.h"
#include "proxy/access_line.h"
#include "proxy/answers.h"
#include "proxy/deadline_list.h"
#include "proxy/exchange.h"
#include "proxy/graveyard.h"
#include "proxy/intrusive_list.h"
#include "proxy/stream.h"

namespace livefix::proxy {

class WorkerContext;
struct ClientsTag;

// Where a client came from and by which door.
struct ClientOrigin {
  Address peer;
  std::uint16_t public_port = 0;
  bool secure = false;       // by TLS
  bool multiplexed = false;  // one of several requests of an HTTP/2 connection
  TlsVersion tls = TlsVersion::none;
};

class ClientConnection final : public os::EventSink,
                               public Deadline,
                               public Mortal,
                               public ListHook<ClientsTag> {
 public:
  // Puts itself on the worker's list, or closes when the loop will not have it.
  static void accept(WorkerContext& worker, std::unique_ptr<Stream> stream,
                     const ClientOrigin& origin);
  // Answers without a request, and closes.
  static void turn_away(WorkerContext& worker, std::unique_ptr<Stream> stream,
                        const ClientOrigin& origin, const Answer& answer);

  Stream& stream() { return *stream_; }
  const ClientOrigin& origin() const { return origin_; }

  // --- for the exchange ---
  // At most `max` bytes that the client has sent: what is left from earlier, else from the socket.
  // They stay valid until the worker reads again.
  Stream::Received more_input(std::size_t max, char*& bytes);
  // Of the bytes that more_input gave, `taken` are used up; the rest comes again.
  void use_input(const char* bytes, std::size_t size, std::size_t taken);
  // What is left from earlier, for good.
  std::string take_input();
  // Ends the exchange with an answer of livefix.
  void answer(const Answer& answer);
  void on_exchange_over(bool stays);
  // The client is gone, or must see that its answer is not whole.
  void abort();
  void close();
  void yield();
  // Something is waited for that the client has to send, or to take.
  void watch_progress();

  // The proxy drains: an idle client goes now, any other after its answer.
  void drain();

  void on_events(std::uint32_t events) noexcept override;
  void on_deadline() noexcept override;

 private:
  enum class State : std::uint8_t { reading, exchanging, closing, lingering, closed };

  ClientConnection(WorkerContext& worker, std::unique_ptr<Stream> stream,
                   const ClientOrigin& origin);
  // Puts itself on the worker's list; false, and closed, when the loop will not have it.
  bool attach();
  // What it says is passed on as bytes.
  void pass_bytes(ServiceTraffic& service);
  void release_exchange();
  void proceed();
  bool read_head();
  bool take_head(char* bytes, std::size_t size, bool in_scratch);
  // `input` is what was scanned; `head` what was found, if it could be read.
  void refuse(const http::Refusal& refusal, std::string_view input,
              const http::RequestHead* head = nullptr);
  bool send_answer(const Answer& answer, std::size_t& body_size);
  void start_closing();
  void wait_for_room();
  void linger();
  void discard_input();
  void wait_for_head();
  void on_exchange_ready(std::uint64_t sent_before);

  WorkerContext& worker_;
  std::unique_ptr<Stream> stream_;
  const ClientOrigin origin_;
  State state_ = State::reading;
  bool proceeding_ = false;
  bool head_incomplete_ = false;  // what is left has been scanned: it needs more
  bool head_timer_ = false;       // the deadline is that of a head that has begun
  bool served_ = false;           // had a request before
  Spill input_;                   // partial head, pipelined requests
  std::unique_ptr<Exchange> exchange_;
};

}  // namespace livefix::proxy
