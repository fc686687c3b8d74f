// One request of a client and its answer: chooses a generation, relays both directions at the
// same time, holds and retries. A client takes one from the worker's pool for each request. One
// loop.
//
//   idle --begin--> waiting for a backend:
//                     pooled connection -----------------------> carried
//                     new connection --> connecting --made-----> carried
//                     none, or refused --> held --new plan, 25 ms--> waiting ...
//                                           `--too long, too many--> 503, idle
//   carried --answer complete--> idle
//      |  \--101--> tunnelled --both sides ended--> idle, client closed
//      |--backend ends before the answer, retry allowed--> waiting ...
//      |--backend ends before the answer, not allowed----> 502, idle
//      `--backend ends inside the answer-----------------> client reset
//
// What may be given to another backend: see may_retry() and docs/proxy.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/body_framer.h"
#include "http/head.h"
#include "proxy/deadline_list.h"
#include "proxy/tunnel.h"

namespace livefix::proxy {

class BackendConnection;
class ClientConnection;
class GenerationTraffic;
class ServiceTraffic;
class WorkerContext;
struct Answer;

class Exchange final : public Deadline {
 public:
  explicit Exchange(WorkerContext& worker) : worker_(worker) {}

  // --- from the client ---
  // Starts with a head and the `size` bytes behind it; returns how many of them are of the body.
  // `in_scratch`: they lie in the scratch buffer. The exchange may be over on return.
  // `client` has this until then.
  std::size_t begin(ClientConnection& client, const http::RequestHead& head, char* rest,
                    std::size_t size, bool in_scratch);
  // Passes on what the client has sent of the body, as far as there is room for it.
  void pump_request();
  // Something came from the client, or there is room to send to it.
  void on_client_ready();
  // The client neither sends nor takes what is waited for.
  void on_client_slow();
  // More of the request has to come, so that somebody has to look at the clock.
  bool waits_for_client() const;
  // Bytes of its body so far.
  std::uint64_t request_seen() const { return request_seen_; }
  // The client is gone. Idempotent.
  void abandon();
  // That it is for; not before it has begun.
  const ServiceTraffic& service() const { return *service_; }
  bool is_tunnel() const { return phase_ == Phase::tunnelled; }

  // --- from the backend connection ---
  void on_connected();
  void on_connect_failed();
  void on_backend_ready();
  // The plan does not name the generation any more.
  void cut();

  // --- from the hold queue, which it has left ---
  void try_again(bool may_probe);
  void on_deadline() noexcept override;

 private:
  enum class Phase : std::uint8_t { idle, held, connecting, carried, tunnelled };

  // The beginning.
  void reset(ClientConnection& client, const http::RequestHead& head);
  std::size_t compose(const http::RequestHead& head, std::span<char> out);
  bool is_too_large(std::uint64_t body) const;
  std::size_t keep_limit() const;

  // Finding a backend.
  bool find_service(const http::RequestHead& head);
  bool wants_http2(const http::RequestHead& head) const;
  void acquire(const GenerationTraffic* avoid, bool may_probe);
  BackendConnection* take_pooled();
  void attach(BackendConnection& backend, Phase phase);
  void detach();
  void hold();
  void shed();

  // The request.
  void forward(std::string_view bytes);
  void forget_kept();
  void reject_request(int status, std::string_view sentence);
  http::BodyProgress take_body(std::string_view bytes);
  bool refuses_body(const http::BodyProgress& body) const;
  void reject_body(const http::BodyProgress& body);

  // The answer.
  void pump_response();
  void watch_for_answer();
  bool take_response(char* bytes, std::size_t size);
  bool pass_interim(std::size_t head_size);
  bool pass_head(char* bytes, std::size_t head_size, std::size_t size);
  bool pass_body(char* bytes, std::size_t size, std::size_t composed_size);
  bool begin_tunnel(char* bytes, std::size_t head_size, std::size_t size);
  void pump_tunnel();
  bool finish(std::size_t left_over);

  // Failures.
  void on_answer_late();
  void on_backend_end();
  void fail_before_answer(bool backend_is_dead);
  bool may_retry(bool delivered) const;
  bool provably_undelivered(bool backend_is_dead) const;
  bool spoil(std::string_view sentence);
  bool break_off();
  void answer(int status, std::string_view sentence);

  WorkerContext& worker_;
  ClientConnection* client_ = nullptr;

  Phase phase_ = Phase::idle;
  BackendConnection* backend_ = nullptr;
  GenerationTraffic* generation_ = nullptr;
  ServiceTraffic* service_ = nullptr;

  // Of the request.
  http::Method method_ = http::Method::other;
  bool old_client_ = false;    // HTTP/1.0
  bool client_stays_ = false;  // asked for and, once the answer has begun, granted
  bool upgrade_offered_ = false;
  bool to_http2_ = false;  // the program speaks it
  http::BodyFramer request_body_;
  std::uint64_t request_seen_ = 0;
  // Everything of the request that was read, while it can be sent again.
  std::string kept_;
  bool keeping_ = false;

  // Of its way.
  bool fresh_only_ = false;  // a pooled connection has failed it
  bool retried_delivered_ = false;
  std::uint8_t attempts_ = 0;      // that ended before the answer
  std::uint32_t counted_for_ = 0;  // the generation that counts the request
  TimePoint held_since_{};

  // Of the answer.
  bool answer_begun_ = false;  // a byte of it has been read, interim answers aside
  bool head_passed_ = false;
  bool unchunk_ = false;
  bool backend_stays_ = false;
  int status_ = 0;
  Milliseconds backend_rest_{};  // how long its connection may be idle
  std::string partial_head_;
  http::BodyFramer response_body_;
  Tunnel tunnel_;
};

}  // namespace livefix::proxy
