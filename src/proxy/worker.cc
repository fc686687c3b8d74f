#include "proxy/worker.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>

#include "os/random_seed.h"
#include "proxy/arrival.h"
#include "proxy/client_connection.h"
#include "proxy/http2_client.h"

namespace livefix::proxy {

Result<std::unique_ptr<Worker>> Worker::start(std::size_t index, WorkerCounters& counters,
                                              const WorkerShares& shares, const ProxySpec& settings,
                                              const Limits& limits,
                                              Mailbox<WorkerReport>& reports) {
  auto loop = os::EventLoop::create();
  if (!loop) return std::unexpected(loop.error());
  auto wake = Mailbox<WorkerOrder>::make_wake();
  if (!wake) return std::unexpected(wake.error());
  const auto id_seed = os::random_seed();
  if (!id_seed) return std::unexpected(id_seed.error());
  auto worker =
      std::unique_ptr<Worker>(new Worker(index, std::move(*loop), std::move(*wake), counters,
                                         shares, settings, limits, *id_seed, reports));
  worker->thread_ = std::thread([&self = *worker] { self.run(); });
  return worker;
}

Worker::Worker(std::size_t index, os::EventLoop loop, os::Fd wake, WorkerCounters& counters,
               const WorkerShares& shares, const ProxySpec& settings, const Limits& limits,
               const http::RequestIdSource::Seed& id_seed, Mailbox<WorkerReport>& reports)
    : reports_(reports),
      orders_(std::move(wake)),
      context_(index, std::move(loop), counters, shares, settings, limits, id_seed,
               static_cast<std::uint32_t>(index) * 7919 + 1) {}

Worker::~Worker() {
  orders_.post(StopWorker{});
  thread_.join();
}

void Worker::run() {
  os::Watch mail(context_.loop, orders_.fd(), EPOLLIN, [this](std::uint32_t) {
    for (WorkerOrder& order : orders_.take()) {
      std::visit([this](auto& one) { obey(one); }, order);
    }
  });
  while (!stopped_) {
    context_.loop.run_once(until_next_deadline());
    expire_deadlines();
    settle();
  }
  close_everything();
}

std::optional<Milliseconds> Worker::until_next_deadline() {
  if (!context_.http2_pumps.empty()) return Milliseconds{0};
  std::optional<TimePoint> next;
  for (const auto* list : context_.deadlines()) {
    if (const auto due = list->next(); due && (!next || *due < *next)) next = due;
  }
  if (!next) return std::nullopt;
  const auto left = std::chrono::ceil<Milliseconds>(*next - context_.loop.now());
  return std::max(left, Milliseconds{0});
}

void Worker::expire_deadlines() {
  const auto now = context_.loop.now();
  for (auto* list : context_.deadlines()) list->expire(now);
}

// After each batch: nothing is on the stack any more.
void Worker::settle() {
  context_.http2_pumps.take_each([](Http2Session& session) { session.pump(); });
  context_.graveyard.sweep();
  context_.exchanges.trim();
  for (const auto& service : context_.router.services()) {
    for (const UnitId generation : service->take_quiet()) {
      reports_.post(
          GenerationQuiet{context_.index, service->name(), generation, service->version()});
    }
  }
  if (context_.draining && context_.clients.empty() && context_.http2_clients.empty() &&
      context_.arrivals.empty() && !std::exchange(drain_reported_, true)) {
    reports_.post(WorkerDrained{context_.index});
  }
}

// --- orders --------------------------------------------------------------------------------------

void Worker::obey(ListenOn& order) {
  if (context_.draining) return;
  listeners_.push_back(std::make_unique<Listener>(context_, order.address, order.door, order.is_own,
                                                  std::move(order.socket)));
}

void Worker::obey(StopListening& order) {
  for (auto& listener : listeners_) {
    if (listener->address() != order.address) continue;
    listener->accept_all();
    context_.graveyard.bury(*listener.release());
  }
  std::erase(listeners_, nullptr);
}

void Worker::obey(UsePlan& order) {
  const auto cut = [](GenerationTraffic& generation) {
    generation.for_each_port([](BackendPort& port) {
      while (auto* connection = port.connections().front()) connection->exchange()->cut();
      port.close_idle();
    });
  };
  auto& service = context_.router.apply(*order.plan, std::move(order.limit), cut);
  std::vector<UnitId> living;
  for (const auto& generation : service.generations()) living.push_back(generation->id());
  context_.routes.set_living(service.index(), std::move(living));
  plan_farewells();
  reports_.post(PlanInUse{context_.index, service.name(), service.version()});
  service.release_queue();
  context_.hold.release(false);
}

void Worker::obey(TakePlace& order) {
  context_.router.find(order.service)->offer_place(order.offer, context_.index);
}

void Worker::obey(UseCertificates& order) {
  context_.tls = std::move(order.contexts);
}

// Whatever comes first: the end of the generation, or that of everything.
void Worker::plan_farewells() {
  const TimePoint now = context_.loop.now();
  for (const auto& service : context_.router.services()) {
    for (const auto& generation : service->generations()) {
      auto ends = generation->ends();
      auto code = http::CloseCode::service_restart;
      if (drain_ends_ && (!ends || *drain_ends_ < *ends)) {
        ends = drain_ends_;
        code = http::CloseCode::going_away;
      }
      generation->farewell().plan(context_.farewells, now, ends, code);
    }
  }
}

void Worker::obey(DrainWorker& order) {
  drain_ends_ = order.ends;
  plan_farewells();
  if (std::exchange(context_.draining, true)) return;
  for (auto& listener : listeners_) {
    listener->accept_all();
    context_.graveyard.bury(*listener.release());
  }
  listeners_.clear();
  context_.clients.visit_each([](ClientConnection& client) { client.drain(); });
  context_.http2_clients.visit_each([](Http2Client& client) { client.drain(); });
}

void Worker::obey(StopWorker&) {
  stopped_ = true;
}

void Worker::close_everything() {
  context_.stopping = true;
  for (auto* list : {&context_.clients, &context_.lingering}) {
    while (ClientConnection* client = list->front()) client->close();
  }
  while (Http2Client* client = context_.http2_clients.front()) client->close();
  while (Arrival* arrival = context_.arrivals.front()) arrival->close();
  for (const auto& service : context_.router.services()) {
    for (const auto& generation : service->generations()) {
      generation->for_each_port([](BackendPort& port) { port.close_idle(); });
    }
  }
  listeners_.clear();
  context_.graveyard.sweep();
}

}  // namespace livefix::proxy
