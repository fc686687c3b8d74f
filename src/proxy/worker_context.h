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
#include "proxy/deadline_list.h"
#include "proxy/exchange_pool.h"
#include "proxy/graveyard.h"
#include "proxy/hold_queue.h"
#include "proxy/intrusive_list.h"
#include "proxy/limits.h"
#include "proxy/service_router.h"

namespace livefix::proxy {

class Arrival;
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

class WorkerContext {
 public:
  WorkerContext(os::EventLoop event_loop, WorkerCounters& worker_counters, HeldTotals& held_totals,
                const ProxySpec& spec, const Limits& all_limits,
                const http::RequestIdSource::Seed& id_seed, std::uint32_t seed)
      : loop(std::move(event_loop)),
        settings(spec),
        limits(all_limits),
        request_ids(id_seed),
        counters(worker_counters),
        router(counters, graveyard, seed),
        hold(loop, held_totals, limits.retry_interval),
        exchanges(*this) {}

  os::EventLoop loop;
  const ProxySpec settings;
  const Limits limits;
  http::RequestIdSource request_ids;
  WorkerCounters& counters;
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
  std::shared_ptr<const TlsContexts> tls;  // null while there is no certificate

  DeadlineList head_deadlines;
  DeadlineList idle_clients;
  DeadlineList slow_clients;  // that send or take a body
  DeadlineList late_answers;
  DeadlineList lingering_clients;
  DeadlineList connect_deadlines;
  DeadlineList idle_backends;

  std::array<DeadlineList*, 8> deadlines() {
    return {&head_deadlines,    &idle_clients, &slow_clients,  &lingering_clients,
            &connect_deadlines, &late_answers, &idle_backends, &hold.deadlines()};
  }

  Scratch scratch;
  // Scanned into; 5 KiB each, so not on every stack frame. Valid until the next scan.
  http::RequestHead request_head;
  http::ResponseHead response_head;
};

}  // namespace livefix::proxy
