// The bytes of an HTTP/2 client, in a proxy without a program: every request is answered by livefix
// itself. The first byte chooses the size of the pieces, whether a good preface comes first, how
// much goes out at a time, and whether the proxy drains in the middle.
//
// Everything is released at the end, whatever comes (the sanitizers see to the rest); a request is
// taken apart once: what follows it on its stream never becomes a second one.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>

#include "fuzz_check.h"
#include "memory_stream.h"
#include "model/traffic_stats.h"
#include "proxy/http2_client.h"

using namespace livefix;
using namespace livefix::proxy;

namespace {

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
  if (how & 2) state.piece = 1 + (how >> 4);
  if (how & 4) state.room = 20;
  const std::string_view first =
      std::string_view(input).substr(0, std::min(state.piece, size_t{24}));
  state.input = input.substr(first.size());

  const auto before = proxy.answered();
  Http2Client::accept(worker, std::make_unique<MemoryStream>(state), {}, first);
  settle(worker);
  for (int i = 0; i < 5000 && state.has_input() && state.fire(); ++i) {
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
