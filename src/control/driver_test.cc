// The driver against a keeper that the test plays, with real sockets, pipes and HTTP.
#include "control/driver.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "model/codec.h"
#include "model/link.h"
#include "model/traffic_stats.h"
#include "os/link_socket.h"
#include "os/shared_memory.h"
#include "os/tcp_listener.h"
#include "os/terminal.h"

namespace livefix::control {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds kPatience{10'000};
constexpr std::int32_t exit_with(int code) {
  return code << 8;
}

bool readable(int fd, Milliseconds timeout = kPatience) {
  pollfd waiting{fd, POLLIN, 0};
  return poll(&waiting, 1, static_cast<int>(timeout.count())) > 0;
}

// What the test saves, seen by the driver's thread.
struct Saves {
  os::Fd event{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex;
  std::vector<std::string> paths;

  void save(std::string path) {
    const std::lock_guard lock(mutex);
    paths.push_back(std::move(path));
    const std::uint64_t one = 1;
    ASSERT_EQ(write(event.get(), &one, sizeof one), ssize_t{sizeof one});
  }
};

class FakeWatcher : public watch::TreeWatcher {
 public:
  explicit FakeWatcher(Saves& saves) : saves_(saves) {}
  int fd() const override { return saves_.event.get(); }
  void read_events(TimePoint now) override {
    std::uint64_t count = 0;
    if (read(fd(), &count, sizeof count) > 0) due_ = now;
  }
  std::optional<TimePoint> due() const override { return due_; }
  std::optional<watch::Change> take_change(TimePoint) override {
    due_.reset();
    const std::lock_guard lock(saves_.mutex);
    if (saves_.paths.empty()) return std::nullopt;
    return watch::Change{std::exchange(saves_.paths, {})};
  }
  bool learn_contents(std::size_t) override { return false; }
  std::size_t file_count() const override { return 214; }
  std::string warning() const override { return {}; }

 private:
  Saves& saves_;
  std::optional<TimePoint> due_;
};

// A program as far as control can see one: a listener, and the write ends of its output.
struct FakeProgram {
  os::Fd listener;
  Address address;
  os::Fd output;
  os::Fd errors;

  link::Listening place() const { return {Address::any_ipv4(address.port), address}; }
  void say(std::string_view text) const {
    ASSERT_EQ(write(errors.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
};

class DriverTest : public testing::Test {
 protected:
  DriverTest() {
    directory_ =
        std::filesystem::path(testing::TempDir()) / ("livefix-driver-" + std::to_string(getpid()));
    std::filesystem::create_directories(directory_);
    service_.name = "shop";
    service_.title = "node server.js";
    service_.directory = directory_;
    service_.run_directory = directory_;
    service_.command = {"node", "server.js"};
    auto channel = os::open_pipe();
    screen_ = std::move(channel->reader);
    screen_writer_ = std::move(channel->writer);
    memory_ = std::move(*os::create_shared_memory("statistics", sizeof(TrafficStats)));
    std::signal(SIGPIPE, SIG_IGN);
    api_ = os::Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = directory_ / "control.sock";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(api_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(api_.get(), 10), 0);
    api_address_ = address;
  }

  ~DriverTest() override {
    end();
    std::filesystem::remove_all(directory_);
  }

  void begin(link::Welcome welcome = {}, std::vector<int> outputs = {}) {
    auto pair = os::LinkSocket::pair();
    ASSERT_TRUE(pair);
    keeper_ = std::make_unique<os::LinkSocket>(std::move(pair->first));
    driver_thread_ = std::thread([this, link = std::move(pair->second)]() mutable {
      Driver driver(std::move(link), {[this](const std::string&, const WatchSpec&) {
                                        return Result<std::unique_ptr<watch::TreeWatcher>>(
                                            std::make_unique<FakeWatcher>(saves_));
                                      },
                                      screen_writer_.get(), screen_writer_.get()});
      EXPECT_EQ(driver.run(), 0);
    });
    welcome.service = service_;
    if (welcome.starts_of_control == 0) welcome.starts_of_control = 1;
    outputs.insert(outputs.begin(), {memory_.get(), api_.get()});
    tell(welcome, outputs);
  }

  void end() {
    keeper_.reset();
    if (driver_thread_.joinable()) driver_thread_.join();
  }

  void tell(const link::ToControl& message, std::vector<int> fds = {}) {
    ASSERT_TRUE(keeper_->send(codec::encode(message), fds));
  }

  // The next order of this kind; others before it are passed over.
  template <class Order>
  Order expect() {
    for (int i = 0; i < 100; ++i) {
      if (!readable(keeper_->fd())) break;
      auto packet = keeper_->receive();
      if (!std::holds_alternative<os::Packet>(packet)) break;
      auto message = codec::decode<link::FromControl>(std::get<os::Packet>(packet).bytes);
      if (!message) break;
      if (auto* order = std::get_if<Order>(&*message)) return std::move(*order);
    }
    ADD_FAILURE() << "the order did not come; the screen says:\n" << seen_;
    return {};
  }

  void expect_on_screen(std::string_view text) {
    std::array<char, 4096> buffer{};
    while (seen_.find(text) == std::string::npos && readable(screen_.get())) {
      const ssize_t size = read(screen_.get(), buffer.data(), buffer.size());
      if (size <= 0) break;
      seen_.append(buffer.data(), static_cast<std::size_t>(size));
    }
    EXPECT_NE(seen_.find(text), std::string::npos) << text << "\nis not in\n" << seen_;
  }

  FakeProgram start(UnitId unit, std::uint8_t host) {
    FakeProgram program;
    auto out = os::open_pipe();
    auto err = os::open_pipe();
    auto listener = os::listen_tcp(Address::ipv4(127, 0, 0, host, 0), {.non_blocking = false});
    EXPECT_TRUE(listener);
    program.listener = std::move(*listener);
    program.address = *os::local_address(program.listener.get());
    program.output = std::move(out->writer);
    program.errors = std::move(err->writer);
    tell(link::UnitStarted{unit, 4000 + static_cast<int>(number(unit))},
         {out->reader.get(), err->reader.get()});
    return program;
  }

  static void accept_one(const FakeProgram& program) {
    ASSERT_TRUE(readable(program.listener.get())) << "nobody knocks";
    const os::Fd connection(accept(program.listener.get(), nullptr, nullptr));
    ASSERT_TRUE(connection);
  }

  // Through the whole first start.
  FakeProgram serve_first() {
    const auto order = expect<link::StartUnit>();
    EXPECT_EQ(order.label, "dev-1");
    FakeProgram program = start(order.unit, 1);
    tell(link::UnitListening{order.unit, program.place()});
    accept_one(program);
    const auto publish = expect<link::PublishPlan>();
    EXPECT_EQ(publish.plan.generations.size(), 1U);
    tell(link::PlanApplied{publish.plan.version});
    return program;
  }

  std::string ask(const std::string& request) {
    const os::Fd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&api_address_),
                      sizeof api_address_),
              0);
    EXPECT_EQ(send(client.get(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    std::array<char, 4096> buffer{};
    while (readable(client.get())) {
      const ssize_t size = read(client.get(), buffer.data(), buffer.size());
      if (size <= 0) break;
      answer.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return answer;
  }
  static std::string http(const std::string& method, const std::string& target) {
    return method + " " + target + " HTTP/1.1\r\nHost: livefix\r\n\r\n";
  }
  static boost::json::value body_of(const std::string& answer) {
    return boost::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  }

  ServiceSpec service_;
  std::filesystem::path directory_;
  Saves saves_;
  os::Fd screen_, screen_writer_, memory_, api_;
  sockaddr_un api_address_{};
  std::string seen_;
  std::unique_ptr<os::LinkSocket> keeper_;
  std::thread driver_thread_;
};

TEST_F(DriverTest, ServesHandsOverAndStops) {
  begin();
  const FakeProgram first = serve_first();
  expect_on_screen("livefix " LIVEFIX_VERSION
                   " · shop · node server.js · watching 214 files in .\n");
  expect_on_screen("▲ http://localhost:" + std::to_string(first.address.port) +
                   " · release dev-1 · ready in ");

  saves_.save("src/cart.js");
  const auto order = expect<link::StartUnit>();
  EXPECT_EQ(order.label, "dev-2");
  // Another address and port: as if the program had moved. The old port is waited for in vain.
  const FakeProgram second = start(order.unit, 2);
  tell(link::UnitListening{order.unit, {Address::any_ipv4(first.address.port), second.address}});
  accept_one(second);
  const auto publish = expect<link::PublishPlan>();
  ASSERT_EQ(publish.plan.generations.size(), 2U);
  tell(link::PlanApplied{publish.plan.version});
  expect_on_screen("● src/cart.js saved → new process serving after ");
  expect_on_screen(" · 0 requests lost\n");
  tell(link::GenerationDrained{UnitId{1}, publish.plan.version});
  EXPECT_EQ(expect<link::StopUnit>().unit, UnitId{1});
  tell(link::UnitGone{UnitId{1}});

  tell(link::StopRequested{SIGINT});
  expect<link::DrainProxy>();
  tell(link::ProxyDrained{});
  EXPECT_EQ(expect<link::StopUnit>().unit, UnitId{2});
  tell(link::UnitGone{UnitId{2}});
  EXPECT_EQ(expect<link::Finish>().exit_status, 0);
  expect_on_screen("livefix: stopping\n");
  expect_on_screen("■ stopped · 0 requests lost\n");
}

TEST_F(DriverTest, SaysWhyACandidateFailed) {
  begin();
  const FakeProgram first = serve_first();
  saves_.save("src/cart.js");
  const auto order = expect<link::StartUnit>();
  const FakeProgram second = start(order.unit, 2);
  second.say(service_.directory +
             "/src/cart.js:33\n}}\n ^\n\nSyntaxError: Unexpected token '}'\n    at wrapSafe "
             "(node:internal/modules/cjs/loader:1464:18)\n\nNode.js v20.20.2\n");
  tell(link::LeaderExited{order.unit, exit_with(1)});
  expect_on_screen(
      "✗ src/cart.js saved → exited with 1 before it was ready; still serving dev-1\n"
      "    SyntaxError: Unexpected token '}' (src/cart.js:33)\n");
  expect_on_screen("dev-2 | SyntaxError: Unexpected token '}'\n");
}

TEST_F(DriverTest, ShowsAPromptAndItsEnd) {
  begin();
  const FakeProgram first = serve_first();
  expect_on_screen("ready in");
  first.say("password: ");
  expect_on_screen("password: ");
  first.say("thanks\n");
  expect_on_screen("password: thanks\n");
}

TEST_F(DriverTest, EveryLineOfJsonIsAnEvent) {
  service_.output.json = true;
  begin();
  const FakeProgram first = serve_first();
  expect_on_screen("\"event\":\"ready\"");
  first.say("\xff\x01 \"quoted\" \xf0\x9f\x90\x98\n");
  expect_on_screen("\"event\":\"output\"");
  tell(link::LeaderExited{UnitId{1}, SIGSEGV});
  expect_on_screen("\"event\":\"crashed\"");
  expect_on_screen("SIGSEGV");
  expect<link::StartUnit>();
  tell(link::StopRequested{SIGTERM});
  expect_on_screen("\"event\":\"stopping\"");
  std::istringstream lines(seen_.substr(0, seen_.rfind('\n')));
  int events = 0;
  for (std::string line; std::getline(lines, line); ++events) {
    const auto event = boost::json::parse(line);
    EXPECT_EQ(event.at("service").as_string(), "shop");
    EXPECT_EQ(event.at("time").as_string().size(), 24U);
    if (event.at("event").as_string() == "output") {
      EXPECT_EQ(event.at("line").as_string(), "\xef\xbf\xbd\x01 \"quoted\" \xf0\x9f\x90\x98");
    }
  }
  EXPECT_GE(events, 5);
}

TEST_F(DriverTest, AnswersTheControlApi) {
  begin();
  const FakeProgram first = serve_first();
  expect_on_screen("ready in");
  const std::string answer = ask(http("GET", "/v1/status"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  const auto status = body_of(answer);
  EXPECT_EQ(status.at("service").as_string(), "shop");
  EXPECT_EQ(status.at("urls").at(0).as_string(),
            "http://localhost:" + std::to_string(first.address.port));
  EXPECT_EQ(status.at("generations").at(0).at("state").as_string(), "serving");
  EXPECT_EQ(status.at("generations").at(0).at("pid").to_number<int>(), 4001);

  EXPECT_TRUE(ask(http("GET", "/nothing")).starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask(http("POST", "/v1/status")).starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(ask("this is not HTTP\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask("POST /v1/reload HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
                  .starts_with("HTTP/1.1 413 "));
  EXPECT_FALSE(body_of(ask(http("GET", "/nothing"))).at("ok").as_bool());
}

TEST_F(DriverTest, AReloadWaitsForItsOutcome) {
  begin();
  const FakeProgram first = serve_first();
  std::string answer;
  std::thread client([&] { answer = ask(http("POST", "/v1/reload")); });
  const auto order = expect<link::StartUnit>();
  const FakeProgram second = start(order.unit, 2);
  tell(link::LeaderExited{order.unit, exit_with(3)});
  client.join();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 409 ")) << answer;
  EXPECT_NE(body_of(answer).at("message").as_string().find("exited with 3"), std::string::npos);
}

TEST_F(DriverTest, AStopThroughTheApiEndsIt) {
  begin();
  const FakeProgram first = serve_first();
  EXPECT_TRUE(ask(http("POST", "/v1/stop")).starts_with("HTTP/1.1 202 "));
  expect<link::DrainProxy>();
}

TEST_F(DriverTest, AControlThatComesBackGoesOn) {
  const auto listener = os::listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {});
  const Address backend = *os::local_address(listener->get());
  link::Welcome welcome;
  welcome.starts_of_control = 2;
  welcome.last_unit = UnitId{7};
  link::UnitSnapshot unit;
  unit.unit = UnitId{7};
  unit.label = "dev-5";
  unit.pid = 4711;
  unit.listening = {{Address::any_ipv4(3000), backend}};
  welcome.units = {unit};
  welcome.ports = {{Address::any_ipv4(3000)}};
  welcome.plan.version = PlanVersion{9};
  welcome.plan.generations = {{UnitId{7}, 100, {{3000, backend}}}};
  const auto out = os::open_pipe();
  const auto err = os::open_pipe();
  begin(welcome, {out->reader.get(), err->reader.get()});
  const auto publish = expect<link::PublishPlan>();
  EXPECT_EQ(number(publish.plan.version), 10U);
  ASSERT_EQ(publish.plan.generations.size(), 1U);
  EXPECT_EQ(publish.plan.generations[0].weight, 100U);
  ASSERT_EQ(write(err->writer.get(), "still here\n", 11), 11);
  expect_on_screen("still here\n");
  saves_.save("a.js");
  const auto order = expect<link::StartUnit>();
  EXPECT_EQ(order.unit, UnitId{8});
  EXPECT_EQ(order.label, "dev-6");
}

TEST_F(DriverTest, AScreenThatNobodyReadsStopsNothing) {
  begin();
  const FakeProgram first = serve_first();
  std::thread talker([&] {
    const std::string line(1000, 'x');
    // Control stops reading at some point, and then this pipe is full as well.
    for (int i = 0; i < 5'000; ++i) {
      pollfd room{first.output.get(), POLLOUT, 0};
      if (poll(&room, 1, 200) <= 0) break;
      if (write(first.output.get(), (line + "\n").data(), line.size() + 1) < 0) break;
    }
  });
  talker.join();
  tell(link::LeaderExited{UnitId{1}, exit_with(1)});
  EXPECT_EQ(expect<link::StartUnit>().label, "dev-1");
  screen_.reset();  // and now it is gone altogether
  tell(link::StopRequested{SIGTERM});
  expect<link::StopUnit>();
}

}  // namespace
}  // namespace livefix::control
