// The bytes of an HTTP/2 client, in a proxy without a program: every request is answered by livefix
// itself. The first byte chooses the size of the pieces, whether a good preface comes first, how
// much goes out at a time, and whether the proxy drains in the middle.
//
// Everything is released at the end, whatever comes (the sanitizers see to the rest); a request is
// taken apart once: what follows it on its stream never becomes a second one.
#include <sys/epoll.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>

#include "fuzz_check.h"
#include "model/traffic_stats.h"
#include "proxy/http2_client.h"
#include "proxy/worker_context.h"

using namespace livefix;
using namespace livefix::proxy;

namespace {

// What the client has sent, and a hole for what it is sent.
class MemoryStream final : public Stream {
 public:
  struct State {
    std::string_view input;
    std::size_t piece = 0;
    std::size_t room = 0;  // at a time
    std::size_t used = 0;
    os::EventSink* sink = nullptr;
    bool closed = false;
    bool shut = false;
  };
  explicit MemoryStream(State& state) : state_(state) {}
  ~MemoryStream() override { state_.closed = true; }

  bool attach(os::EventLoop&, os::EventSink& sink) override {
    state_.sink = &sink;
    readable_ = true;
    return true;
  }
  void yield() override {}
  Received receive(std::span<char> into) override {
    check(!state_.closed);
    const std::size_t size = std::min({into.size(), state_.piece, state_.input.size()});
    if (size == 0) {
      readable_ = false;
      return {};
    }
    std::ranges::copy(state_.input.substr(0, size), into.begin());
    state_.input.remove_prefix(size);
    if (state_.input.empty()) readable_ = false;
    return {Read::data, size};
  }
  std::uint64_t acknowledged() const override { return sent(); }
  bool is_quiet() override { return false; }
  int connect_error() const override { return 0; }
  void shut_down_sending() override {
    check(!blocked());
    state_.shut = true;
  }
  void reset() override { close(); }
  void close() override {
    state_.closed = true;
    state_.sink = nullptr;
  }

 private:
  std::size_t write(std::string_view bytes, bool) override {
    check(!state_.closed && !state_.shut);
    const std::size_t taken = std::min(bytes.size(), state_.room - state_.used);
    state_.used += taken;
    return taken;
  }

  State& state_;
};

void settle(WorkerContext& worker) {
  for (int i = 0; i < 1000 && !worker.http2_pumps.empty(); ++i) {
    IntrusiveList<Http2Session, Http2PumpTag> now;
    now.take_all(worker.http2_pumps);
    while (Http2Session* session = now.front()) {
      session->ListHook<Http2PumpTag>::unlink();
      session->pump();
    }
    worker.graveyard.sweep();
  }
  check(worker.http2_pumps.empty());  // else it would never rest
  worker.graveyard.sweep();
  worker.exchanges.trim();
}

struct Proxy {
  WorkerCounters counters{};
  HeldTotals held{};
  WorkerContext worker;

  Proxy()
      : worker(0, *os::EventLoop::create(), counters, WorkerShares{held}, ProxySpec{}, Limits{}, {},
               1) {
    RoutingPlan plan;
    plan.version = PlanVersion{1};
    plan.hold = {.max_requests = 0};
    worker.router.apply(plan, nullptr, [](GenerationTraffic&) {});
  }

  // By livefix itself.
  std::uint64_t answered() const {
    const ServiceCounters& service = counters.services[0];
    return counters.refused.load() + service.refused.load() + service.shed.load();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // One for all: its buffers cost more than a run.
  static auto& proxy = *new Proxy;
  WorkerContext& worker = proxy.worker;
  const std::uint8_t how = data[0];
  worker.draining = false;

  std::string input;
  if (how & 1) input = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  input += view(data + 1, size - 1);
  MemoryStream::State state;
  state.piece = how & 2 ? 1 + (how >> 4) : input.size();
  state.room = how & 4 ? 20 : std::size_t{1} << 20;
  const std::string_view first =
      std::string_view(input).substr(0, std::min(state.piece, size_t{24}));
  state.input = std::string_view(input).substr(first.size());

  const auto before = proxy.answered();
  Http2Client::accept(worker, std::make_unique<MemoryStream>(state), {}, first);
  settle(worker);
  for (int i = 0; i < 5000 && state.sink && !state.input.empty(); ++i) {
    state.used = 0;
    state.sink->on_events(EPOLLIN | EPOLLOUT);
    settle(worker);
    if (how & 8 && i == 2) {
      worker.draining = true;
      if (Http2Client* client = worker.http2_clients.front()) client->drain();
      settle(worker);
    }
  }
  // No more than one answer for each HEADERS, which have a frame of nine bytes at least.
  check(proxy.answered() - before <= input.size() / 9);

  while (ClientConnection* client = worker.clients.front()) client->close();
  while (ClientConnection* client = worker.lingering.front()) client->close();
  while (Http2Client* client = worker.http2_clients.front()) client->close();
  settle(worker);
  check(state.closed);
  check(proxy.counters.connections.load() == 0 && proxy.held[0].load() == 0);
  return 0;
}
