// The bytes of a program that speaks HTTP/2, while clients of every kind ask, send their bodies bit
// by bit, take their answers slowly and go. The input is a script: its first bytes choose how the
// connections are, each of the others one step of the program, of a client, or of the proxy.
//
// Whatever the program says: a client sees one answer of HTTP/1.1, or the beginning of one and then
// a break; of what the program sent on one stream nothing comes to the client of another; what
// waits for a client is bounded by the windows; and once the connections are gone no request is
// left.
#include <sanitizer/allocator_interface.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>

#include "fuzz_check.h"
#include "http/message_reader.h"
#include "http2_program.h"
#include "model/traffic_stats.h"
#include "proxy/http2_backend.h"

using namespace livefix;
using namespace livefix::proxy;

namespace {

constexpr std::uint16_t kPort = 8080;
// At once, and in a run.
constexpr int kMostClients = 8;
constexpr std::size_t kMostRequests = 300;
// For a connection its window and what nghttp2 has; for a client its own window, one read that the
// client does not take, one body that the program does not take, and the request as it is kept.
// Strings have up to twice what is in them, and bytes that come one by one have six for one as
// chunks.
constexpr std::size_t kMostMemory = 12 << 20;
// When all have gone: idle exchanges and the like.
constexpr std::size_t kLastingMemory = 200 << 10;

// --- the proxy -----------------------------------------------------------------------------------

struct Proxy {
  WorkerCounters counters{};
  HeldTotals held{};
  WorkerContext worker;
  std::uint64_t version = 0;

  Proxy()
      : worker(0, *os::EventLoop::create(), counters, WorkerShares{held}, ProxySpec{}, Limits{}, {},
               1) {}

  // No generation: what there was is cut.
  void use_plan(bool has_generation, std::uint32_t weight) {
    RoutingPlan plan;
    plan.version = PlanVersion{++version};
    plan.hold = {.max_requests = 2};
    plan.traffic.backend = BackendProtocol::http2;
    plan.traffic.limits.answer = plan.traffic.limits.idle_answer = Milliseconds{1000};
    if (has_generation) {
      // A connection to it fails at once: it is to have those only that are in memory.
      plan.generations.push_back(
          {UnitId{1}, weight, {{kPort, Address::ipv4(255, 255, 255, 255, 1)}}});
    }
    worker.router.apply(plan, nullptr, [](GenerationTraffic& generation) {
      generation.for_each_port([](BackendPort& port) {
        while (auto* connection = port.connections().front()) connection->exchange()->cut();
        port.close_idle();
      });
    });
  }
  GenerationTraffic* generation() {
    const auto& all = worker.router.services().front()->generations();
    return all.empty() ? nullptr : all.front().get();
  }
};

// --- clients -------------------------------------------------------------------------------------

enum class BodyKind : std::uint8_t { whole, chunked, length };

struct Request {
  http::Method method;
  BodyKind body;  // that is still to come
  bool multiplexed;
  std::string_view text;
};

constexpr std::array<Request, 12> kRequests = {{
    {http::Method::get, BodyKind::whole, false, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {http::Method::head, BodyKind::whole, false, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {http::Method::get, BodyKind::whole, false, "GET / HTTP/1.0\r\n\r\n"},
    {http::Method::post, BodyKind::whole, false,
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"},
    {http::Method::put, BodyKind::whole, false,
     "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx: "
     "1\r\n\r\n"},
    {http::Method::post, BodyKind::chunked, false,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {http::Method::put, BodyKind::length, false,
     "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n"},
    {http::Method::post, BodyKind::length, false,
     "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 300000\r\n\r\n"},
    {http::Method::post, BodyKind::chunked, true,
     "POST /a.B/C HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nTE: "
     "trailers\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"},
    {http::Method::get, BodyKind::whole, true,
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"},
    {http::Method::get, BodyKind::whole, false,
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Key: bGl2ZWZpeCBodHRwLzIgYQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"},
    {http::Method::options, BodyKind::whole, false, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"},
}};

// What a client has heard, taken apart as strictly as the proxy does it.
struct Heard final : http::MessageSink<http::ResponseHead> {
  bool has_head = false;
  bool until_close = false;
  bool ended = false;
  std::string payload;

  void on_head(const http::ResponseHead& head) override {
    check(!has_head);
    has_head = true;
    check(head.status >= 200);  // HTTP/2 has no upgrade
    until_close = std::holds_alternative<http::CloseBody>(head.body);
  }
  void on_payload(std::string_view bytes) override { payload += bytes; }
  void on_trailers(const http::FieldList&) override {}
  void on_end() override { ended = true; }
};

struct Client {
  const Request& request;
  MemoryStream::State wire;
  std::string heard;
  bool left = false;
  std::size_t to_come;  // of its body, where that has a length

  explicit Client(const Request& one)
      : request(one), to_come(one.body == BodyKind::whole ? 0 : 300'000) {
    wire.input = request.text;
    wire.heard = &heard;
  }

  // More of its body; after the end of that a client says nothing.
  void say(Script& script) {
    constexpr std::array<std::size_t, 4> kSizes = {1, 100, 16'384, 100'000};
    if (to_come == 0) return;
    const int how = script.byte() % 8;
    const std::string bytes(std::min(script.one_of(kSizes), to_come), 'r');
    if (request.body == BodyKind::length) {
      wire.input += bytes;
      to_come -= bytes.size();
    } else if (how == 0) {
      wire.input += "0\r\nx: 1\r\n\r\n";
      to_come = 0;
    } else if (how == 1) {
      wire.input += "no chunk";
      to_come = 0;
    } else {
      http::append_chunk(wire.input, bytes);
    }
  }

  // Checks what it has heard; whether it is a whole answer.
  bool has_answer(bool plain) {
    http::MessageReader<http::ResponseHead> reader(request.method);
    Heard answer;
    if (!reader.advance(heard, answer)) {
      // Trailers that nobody may send are seen as they pass.
      check(answer.has_head && !answer.ended && wire.was_reset);
      return false;
    }
    if (wire.shut && answer.until_close) check(reader.finish(answer));
    // In order ends only what is whole.
    if (wire.shut) check(answer.ended);
    // Nothing but a reset tells that such a one is not whole.
    if (answer.has_head && !answer.ended && answer.until_close && wire.closed && !left) {
      check(wire.was_reset);
    }
    if (plain && !answer.payload.starts_with("livefix: ")) {
      check(answer.payload.find_first_not_of(answer.payload[0]) == std::string::npos);
    }
    return answer.ended;
  }
};

// --- a run ---------------------------------------------------------------------------------------

class Run {
 public:
  Run(Proxy& proxy, std::uint8_t how, Script script)
      : proxy_(proxy), worker_(proxy.worker), script_(script) {
    proxy_.use_plan(true, 100);
    worker_.draining = false;
    GenerationTraffic& generation = *proxy_.generation();
    BackendPort& port = *generation.port(kPort);
    for (Http2Program& program : programs_) {
      if (how & 2) program.wire.piece = 1 + (how >> 4);
      if (how & 4) program.wire.room = 20;
      if (!(how & 1)) program.say_settings();
      check(Http2Backend::begin(worker_, port, std::make_unique<MemoryStream>(program.wire)));
    }
    programs_[0].wire.refuses = how & 8;
  }

  void play() {
    before_ = __sanitizer_get_current_allocated_bytes();
    ask(script_.byte());
    while (!script_.empty()) {
      const std::uint8_t step = script_.byte();
      do_step((step & 0x3f) % 20, step & 0x40 ? programs_[1] : programs_[0]);
      if (step & 0x80) continue;  // with the next
      deliver();
      check_memory(kMostMemory);
    }
    deliver();
  }

  // The programs end, and their clients take everything.
  void end() {
    for (Http2Program& program : programs_) {
      program.wire.ends = true;
      program.wire.room = MemoryStream::kNoEnd;
    }
    for (Client& client : clients_) client.wire.room = MemoryStream::kNoEnd;
    deliver();
    while (expire_one(worker_.hold.deadlines())) settle(worker_);
    const bool plain = programs_[0].is_plain() && programs_[1].is_plain();
    for (const Http2Program& program : programs_) check(program.wire.closed);
    for (Client& client : clients_) check(client.has_answer(plain) || client.wire.closed);
    if (GenerationTraffic* generation = proxy_.generation()) check(generation->in_flight() == 0);

    while (ClientConnection* client = worker_.clients.front()) client->close();
    while (ClientConnection* client = worker_.lingering.front()) client->close();
    proxy_.use_plan(false, 0);
    settle(worker_);
    for (const Client& client : clients_) check(client.wire.closed);
    check(proxy_.counters.connections.load() == 0 && proxy_.held[0].load() == 0);
    check_memory(kLastingMemory);
  }

 private:
  void do_step(int step, Http2Program& program) {
    switch (step) {
      case 0:
        return program.say_raw(script_);
      case 1:
        return program.say_any_frame(script_);
      case 2:
      case 3:
        return program.say_fields(script_);
      case 4:
      case 5:
        return program.say_data(script_);
      case 6:
      case 7:
        return program.say_answer(script_);
      case 8:
        return program.say_interim(script_);
      case 9:
        return program.say_settings(script_);
      case 10:
        return program.say_window(script_);
      case 11:
        return program.say_reset(script_);
      case 12:
        return script_.byte() & 1 ? program.say_ping(script_) : program.acknowledge_settings();
      case 13:
        return program.say_goaway(script_);
      case 14:
        return ask(script_.byte());
      case 15:
      case 16:
        return one_client([this](Client& client) { client.say(script_); });
      case 17:
        return one_client([this](Client& client) {
          client.left = true;
          (script_.byte() & 1 ? client.wire.ends : client.wire.breaks) = true;
        });
      case 18:
        return one_client([this](Client& client) { client.wire.room = room(); });
      default:
        return happen(program);
    }
  }

  // What is nobody's word.
  void happen(Http2Program& program) {
    switch (script_.byte() % 8) {
      case 0:
        program.wire.room = room();
        return;
      case 1:
        program.wire.ends = true;
        return;
      case 2:
        program.wire.breaks = true;
        return;
      case 3:  // it drains
        if (proxy_.generation()) proxy_.use_plan(true, 0);
        return;
      case 4:
        return proxy_.use_plan(false, 0);
      case 5:
        worker_.draining = true;
        return;
      case 6:
        return worker_.hold.release(script_.byte() & 1);
      default: {
        const auto lists = worker_.deadlines();
        expire_one(*lists[script_.byte() % lists.size()]);
        return;
      }
    }
  }

  // Whatever the time is. False when nobody waits for it.
  static bool expire_one(DeadlineList& list) {
    Deadline* first = list.members().front();
    if (!first) return false;
    first->unlink();
    first->on_deadline();
    return true;
  }

  std::size_t room() {
    constexpr std::array<std::size_t, 5> kRooms = {0, 1, 100, 20'000, MemoryStream::kNoEnd};
    return script_.one_of(kRooms);
  }

  void ask(std::uint8_t kind) {
    const auto open = std::ranges::count_if(
        clients_, [](const Client& client) { return client.wire.sink != nullptr; });
    if (open == kMostClients || clients_.size() == kMostRequests) return;
    Client& client = clients_.emplace_back(kRequests[kind % kRequests.size()]);
    ClientOrigin origin;
    origin.public_port = kPort;
    origin.multiplexed = client.request.multiplexed;
    ClientConnection::accept(worker_, std::make_unique<MemoryStream>(client.wire), origin);
    settle(worker_);
  }
  void one_client(const auto& act) {
    const std::size_t choice = script_.byte();
    // The latest, or one of the first.
    Client& client = choice == 0xff ? clients_.back() : clients_[choice % clients_.size()];
    if (client.wire.sink) act(client);
  }

  // Everybody reads what there is for him, until nobody has a reason to go on.
  void deliver() {
    for (Http2Program& program : programs_) {
      auto& wire = program.wire;
      // However small the pieces are, it is over some time.
      if (wire.piece != MemoryStream::kNoEnd) {
        wire.piece = std::max(wire.piece, wire.input.size() / 1000);
      }
      if (wire.fire()) settle(worker_);
    }
    for (Client& client : clients_) {
      if (client.wire.fire()) settle(worker_);
    }
    for (bool busy = true; busy;) {
      busy = false;
      const auto go_on = [&](MemoryStream::State& wire) {
        if (!wire.again || !wire.fire()) return;
        settle(worker_);
        busy = true;
      };
      for (Http2Program& program : programs_) go_on(program.wire);
      for (Client& client : clients_) go_on(client.wire);
    }
  }

  // That the proxy has, and had not when the run began, is no more than that.
  void check_memory(std::size_t most) const {
    std::size_t own = 0;
    for (const Http2Program& program : programs_) own += program.wire.input.capacity();
    for (const Client& client : clients_) {
      own += sizeof client + client.heard.capacity() + client.wire.input.capacity();
    }
    check(__sanitizer_get_current_allocated_bytes() <= before_ + own + most);
  }

  Proxy& proxy_;
  WorkerContext& worker_;
  Script script_;
  std::array<Http2Program, 2> programs_;
  std::deque<Client> clients_;
  std::size_t before_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // One for all: its buffers cost more than a run.
  static auto& proxy = *new Proxy;
  Run run(proxy, data[0], Script(view(data + 1, size - 1)));
  run.play();
  run.end();
  return 0;
}
