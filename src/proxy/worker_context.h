// What the connections of one worker share. Everything belongs to the worker's thread, except
// what its type says is shared.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "http/head.h"
#include "http/request_composer.h"
#include "http/request_id.h"
#include "http/response_composer.h"
#include "model/proxy_spec.h"
#include "model/traffic_stats.h"
#include "os/event_loop.h"
#include "proxy/access_log.h"
#include "proxy/deadline_list.h"
#include "proxy/exchange_pool.h"
#include "proxy/exchange_recorder.h"
#include "proxy/graveyard.h"
#include "proxy/hold_queue.h"
#include "proxy/intrusive_list.h"
#include "proxy/limits.h"
#include "proxy/route_counter.h"
#include "proxy/service_router.h"

namespace livefix::proxy {

class Arrival;
class ClientCensus;
class ClientConnection;
class Http2Client;
class Http2Session;
class TlsContexts;
struct ArrivalsTag;
struct ClientsTag;
struct Http2ClientTag;
struct Http2PumpTag;

// One buffer for everything that is read. A head that was rewritten is put right in front of the
// body bytes behind it, so that both go out with one send; a rewritten head is longer, so there
// is room in front.
class Scratch {
 public:
  static constexpr std::size_t kHeadroom = 8 * 1024;
  static_assert(kHeadroom >= http::kMaxRequestGrowth && kHeadroom >= http::kMaxResponseGrowth);

  // Room for a partial head and a read behind it.
  char* input() { return bytes_.data() + kHeadroom; }
  // Where heads are composed.
  std::span<char> head() { return {head_.data(), head_.size()}; }

 private:
  std::vector<char> bytes_ = std::vector<char>(kHeadroom + http::kMaxHeadBytes + kReadSize);
  std::vector<char> head_ = std::vector<char>(http::kMaxHeadBytes + kHeadroom);
};

// What a worker has together with other threads.
struct WorkerShares {
  HeldTotals& held;
  ClientCensus* census = nullptr;  // null where clients are not counted
  LogRing* log = nullptr;          // its part of the access log, null where there is none
  RecordRing* records = nullptr;   // null: nothing is recorded
  int record_wake = -1;            // the eventfd of whoever reads them
};

class WorkerContext {
 public:
  WorkerContext(std::size_t number, os::EventLoop event_loop, WorkerCounters& worker_counters,
                const WorkerShares& shares, const ProxySpec& spec, const Limits& all_limits,
                const http::RequestIdSource::Seed& id_seed, std::uint32_t seed)
      : index(number),
        loop(std::move(event_loop)),
        census(shares.census),
        settings(spec),
        limits(all_limits),
        request_ids(id_seed),
        log(shares.log ? std::make_unique<AccessLog>(*shares.log, spec.access_log->format)
                       : nullptr),
        recorder(shares.records
                     ? std::make_unique<ExchangeRecorder>(*shares.records, shares.record_wake)
                     : nullptr),
        counters(worker_counters),
        routes(counters),
        router(counters, graveyard, seed),
        hold(loop, shares.held, limits.retry_interval),
        exchanges(*this) {}

  const std::size_t index;  // among the workers
  os::EventLoop loop;
  ClientCensus* const census;  // null where clients are not counted
  const ProxySpec settings;
  const Limits limits;
  http::RequestIdSource request_ids;
  const std::unique_ptr<AccessLog> log;              // null where there is none
  const std::unique_ptr<ExchangeRecorder> recorder;  // null: nothing is recorded
  WorkerCounters& counters;
  RouteCounter routes;
  Graveyard graveyard;
  ServiceRouter router;
  HoldQueue hold;
  ExchangePool exchanges;
  IntrusiveList<ClientConnection, ClientsTag> clients;
  // They have all that was for them; nobody needs to wait for these.
  IntrusiveList<ClientConnection, ClientsTag> lingering;
  IntrusiveList<Http2Client, Http2ClientTag> http2_clients;
  IntrusiveList<Arrival, ArrivalsTag> arrivals;
  // HTTP/2 connections that have something to do after the batch.
  IntrusiveList<Http2Session, Http2PumpTag> http2_pumps;
  bool draining = false;
  bool stopping = false;                   // everything is closed as it is
  std::shared_ptr<const TlsContexts> tls;  // null while there is no certificate

  DeadlineList head_deadlines;
  DeadlineList idle_clients;
  DeadlineList slow_clients;  // that send or take a body
  DeadlineList late_answers;
  DeadlineList place_deadlines;  // of requests that wait for a place
  DeadlineList lingering_clients;
  DeadlineList silent_clients;  // of HTTP/2, with requests
  DeadlineList pinged_clients;
  DeadlineList connect_deadlines;
  DeadlineList idle_backends;
  DeadlineList farewells;

  std::array<DeadlineList*, 12> deadlines() {
    return {&head_deadlines,    &idle_clients,   &slow_clients, &lingering_clients,
            &silent_clients,    &pinged_clients, &late_answers, &place_deadlines,
            &connect_deadlines, &idle_backends,  &farewells,    &hold.deadlines()};
  }

  Scratch scratch;
  // Scanned into; 5 KiB each, so not on every stack frame. Valid until the next scan.
  http::RequestHead request_head;
  http::ResponseHead response_head;
};

}  // namespace livefix::proxy
