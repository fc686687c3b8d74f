// One request of a client and its answer: chooses a generation, relays both directions at the
// same time, holds and retries. A client takes one from the worker's pool for each request. One
// loop.
//
//   idle --begin--> waiting for a backend:
//                     pooled connection -----------------------> carried
//                     new connection --> connecting --made-----> carried
//                     none, or refused --> held --new plan, 25 ms--> waiting ...
//                     all have enough ---> queued --a place is free--> waiting ...
//                                           `--too long, too many (both)--> 503, idle
//   carried --answer complete--> idle
//      |  \--101--> tunnelled --both sides ended--> idle, client closed
//      |--backend ends before the answer, retry allowed--> waiting ...
//      |--backend ends before the answer, not allowed----> 502, idle
//      `--backend ends inside the answer-----------------> client reset
//
// What may be given to another backend: see may_retry() and docs/proxy.md.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/body_framer.h"
#include "http/grpc.h"
#include "http/head.h"
#include "model/preview_pass.h"
#include "model/record_frame.h"
#include "model/traffic_stats.h"
#include "proxy/access_record.h"
#include "proxy/deadline_list.h"
#include "proxy/generation_wish.h"
#include "proxy/intrusive_list.h"
#include "proxy/route_counter.h"
#include "proxy/tunnel.h"

namespace livefix::proxy {

class BackendConnection;
class BackendPort;
class ClientConnection;
class GenerationTraffic;
class RequestIdentity;
struct Recording;
class ServiceTraffic;
class WorkerContext;
struct Answer;
struct FarewellTag;
struct PlaceWaitersTag;

class Exchange final : public Deadline,
                       public ListHook<PlaceWaitersTag>,
                       public ListHook<FarewellTag> {
 public:
  explicit Exchange(WorkerContext& worker);
  ~Exchange() override;

  // --- from the client ---
  // Starts with a head and the `size` bytes behind it; returns how many of them are of the body.
  // `in_scratch`: they lie in the scratch buffer. The exchange may be over on return.
  // `client` has this until then.
  std::size_t begin(ClientConnection& client, const http::RequestHead& head, char* rest,
                    std::size_t size, bool in_scratch);
  // The same for a client whose bytes are none of our business.
  void begin_bytes(ClientConnection& client, ServiceTraffic& service);
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
  // A client that will send no more has not left.
  bool bears_half_close() const;
  // The client was given an answer of livefix, or as much of it as it would take.
  void log_answer(int status, std::size_t body_size, bool complete);

  // --- from the backend connection ---
  void on_connected();
  void on_connect_failed();
  void on_backend_ready();
  // The plan does not name the generation any more.
  void cut();

  // --- from the generation's farewell, for a WebSocket ---
  void say_goodbye(http::CloseCode code);

  // --- from the hold queue or that of its service, which it has left ---
  void try_again(bool may_probe);
  // --- from the queue of its service ---
  // A place that is free in that generation. False when it is of no use.
  bool take_place(GenerationTraffic& generation);
  // A plan has come: everything is to be chosen anew.
  void leave_queue();
  void on_deadline() noexcept override;

 private:
  enum class Phase : std::uint8_t { idle, held, queued, connecting, carried, tunnelled };

  // The beginning.
  void reset(ClientConnection& client, const http::RequestHead& head);
  std::size_t compose(const http::RequestHead& head, const RequestIdentity& identity,
                      std::span<char> out);
  bool is_too_large(std::uint64_t body) const;
  std::size_t keep_limit() const;

  // Finding a backend.
  bool find_service(const http::RequestHead& head);
  // False when the request has its answer: it was for a link to a preview.
  bool find_preview(const http::RequestHead& head);
  void begin_preview(const PreviewPass& pass, std::string_view text, std::string_view place);
  // What the answer says of it: "candidate 7f3c2d1"; empty: the request was for no preview.
  std::string preview_text() const;
  bool wants_http2() const;
  BackendPort* choose(const GenerationTraffic* avoid);
  BackendConnection* take_pooled(BackendPort* port);
  void acquire(const GenerationTraffic* avoid, bool may_probe);
  // The one that was chosen; chosen anew, a generation without idle connections would lose by it.
  void acquire_at(BackendPort* port, bool may_probe);
  void take(BackendPort& port);
  void free_place(GenerationTraffic& generation);
  void attach(BackendConnection& backend, Phase phase);
  void detach();
  void leave_backend();

  // Waiting for one.
  bool waits() const { return phase_ == Phase::held || phase_ == Phase::queued; }
  TimePoint waits_until();
  void hold();
  void queue();
  void stop_waiting();
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
  void watch_for_more();
  void watch_for_answer();
  bool take_response(char* bytes, std::size_t size);
  bool pass_interim(std::size_t head_size);
  bool pass_head(char* bytes, std::size_t head_size, std::size_t size);
  bool pass_body(char* bytes, std::size_t size, std::size_t composed_size);
  bool begin_tunnel(char* bytes, std::size_t head_size, std::size_t size);
  void open_tunnel();
  void pump_tunnel();
  void cut_tunnel();
  void part();
  bool finish(std::size_t left_over);
  // As it counts. See exchange_grpc.cc.
  int counted_status() const;
  void record_grpc_failure(int code);

  // Failures.
  void on_answer_late();
  void on_backend_end();
  void fail_before_answer(bool backend_is_dead);
  bool may_retry(bool delivered) const;
  bool provably_undelivered(bool backend_is_dead) const;
  bool spoil(std::string_view sentence);
  bool break_off(int status, std::string_view sentence);
  bool is_unaccepted() const;
  void connect_again();
  bool end_call(int status, std::string_view sentence);
  void answer(int status, std::string_view sentence);

  // Of the generation, unless the request is one of a preview: that is no traffic.
  void count(std::atomic<std::uint64_t> GenerationCounters::* total);
  void count_latency();
  void count_lost();
  // What its route came to: counted once, while its generation is known. See exchange_count.cc.
  void count_route(int status, RouteEnd end = RouteEnd::answered);

  // The record of it.
  void record_answer(std::string_view head);
  bool is_mirrored();
  std::unique_ptr<Recording> begin_recording(RecordCause cause, int status);
  void record_failure(RecordCause cause, int status, std::string_view sentence);
  // False where it is not to be recorded.
  bool note_failure(RecordCause cause, int status, std::string_view sentence);
  void end_recording(bool complete);
  void keep_little(std::string_view more);

  // The access log.
  void log_begin(const http::RequestHead& head, const RequestIdentity& identity);
  void note_waited();
  void log_end(int status, bool complete);
  void log_unfinished();

  WorkerContext& worker_;
  ClientConnection* client_ = nullptr;
  const std::unique_ptr<AccessRecord> record_;  // null where there is no access log
  std::unique_ptr<Recording> recording_;        // null unless the answer is being recorded

  Phase phase_ = Phase::idle;
  BackendConnection* backend_ = nullptr;
  GenerationTraffic* generation_ = nullptr;
  ServiceTraffic* service_ = nullptr;

  // Of the request.
  bool is_bytes_ = false;  // no request at all: what the client says is passed on unseen
  http::Method method_ = http::Method::other;
  bool old_client_ = false;    // HTTP/1.0
  bool client_stays_ = false;  // asked for and, once the answer has begun, granted
  std::string offered_upgrade_;
  bool to_http2_ = false;      // the program speaks it
  bool is_grpc_ = false;       // a call of it, by HTTP/2
  bool trace_begins_ = false;  // its traceparent is ours
  http::BodyFramer request_body_;
  std::uint64_t request_seen_ = 0;
  // Everything of the request that was read, while it can be sent again.
  std::string kept_;
  bool keeping_ = false;
  bool kept_cut_ = false;  // not everything any more, and only for the record of it

  // Of its way.
  RouteNote route_;
  GenerationWish wish_;
  std::optional<PreviewPass> preview_;
  bool is_shown_ = false;    // the generation is the one of the preview: nothing is counted of it
  bool has_place_ = false;   // among those that its generation may have in flight
  bool fresh_only_ = false;  // a pooled connection has failed it
  bool retried_delivered_ = false;
  std::uint8_t attempts_ = 0;      // that ended before the answer
  std::uint32_t counted_for_ = 0;  // the generation that counts the request
  TimePoint held_since_{};
  TimePoint asked_at_{};  // when the generation was given it, or the latest piece of it

  // Of the answer.
  bool answer_begun_ = false;  // a byte of it has been read, interim answers aside
  bool head_passed_ = false;
  int interim_answers_ = 0;
  std::size_t interim_bytes_ = 0;
  bool unchunk_ = false;
  bool backend_stays_ = false;
  int status_ = 0;
  Milliseconds backend_rest_{};  // how long its connection may be idle
  std::string partial_head_;
  http::BodyFramer response_body_;
  std::optional<http::GrpcAnswer> grpc_answer_;  // of a call whose answer is one of gRPC
  std::optional<int> grpc_status_;               // that the client of a call was told
  Tunnel tunnel_;
};

}  // namespace livefix::proxy
