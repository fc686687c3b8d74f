#include "control/driver_harness.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>

#include "control/driver.h"
#include "model/codec.h"
#include "model/record_ring.h"
#include "model/traffic_stats.h"
#include "os/shared_memory.h"
#include "os/tcp_listener.h"
#include "os/terminal.h"
#include "os/wake_event.h"

namespace livefix::control::testing {
namespace {

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

}  // namespace

bool readable(int fd, Milliseconds timeout) {
  pollfd waiting{fd, POLLIN, 0};
  return poll(&waiting, 1, static_cast<int>(timeout.count())) > 0;
}

Saves::Saves() : event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Saves::save(std::string path) {
  const std::lock_guard lock(mutex);
  paths.push_back(std::move(path));
  const std::uint64_t one = 1;
  ASSERT_EQ(write(event.get(), &one, sizeof one), ssize_t{sizeof one});
}

void FakeProgram::say(std::string_view text) const {
  ASSERT_EQ(write(errors.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

DriverTest::DriverTest() {
  directory_ =
      std::filesystem::path(::testing::TempDir()) / ("livefix-driver-" + std::to_string(getpid()));
  std::filesystem::create_directories(directory_);
  run_.name = "shop";
  run_.run_directory = directory_;
  add_service("shop", "node server.js", directory_);
  auto channel = os::open_pipe();
  screen_ = std::move(channel->reader);
  screen_writer_ = std::move(channel->writer);
  memory_ = std::move(*os::create_shared_memory("statistics", sizeof(TrafficStats)));
  rings_ = std::move(*os::create_shared_memory("rings", record_ring_memory(1)));
  wake_ = std::move(*os::make_wake_event());
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

DriverTest::~DriverTest() {
  end();
  std::filesystem::remove_all(directory_);
}

void DriverTest::add_service(const std::string& name, const std::string& title,
                             const std::string& directory) {
  ServiceSpec service;
  service.name = name;
  service.title = title;
  service.directory = directory;
  service.command = {"node", "server.js"};
  run_.services.push_back(service);
}

void DriverTest::begin(link::Welcome welcome, std::vector<int> outputs) {
  auto pair = os::LinkSocket::pair();
  ASSERT_TRUE(pair);
  keeper_ = std::make_unique<os::LinkSocket>(std::move(pair->first));
  driver_thread_ = std::thread([this, link = std::move(pair->second)]() mutable {
    Driver driver(std::move(link), {[this](const std::string& directory, const WatchSpec&) {
                                      return Result<std::unique_ptr<watch::TreeWatcher>>(
                                          std::make_unique<FakeWatcher>(saves_in(directory)));
                                    },
                                    screen_writer_.get(), screen_writer_.get()});
    EXPECT_EQ(driver.run(), 0);
  });
  welcome.run = run_;
  welcome.services.resize(run_.services.size());
  if (welcome.starts_of_control == 0) welcome.starts_of_control = 1;
  if (!kept_) kept_ = std::move(*os::create_shared_memory("records", record_memory(run_)));
  outputs.insert(outputs.begin(),
                 {memory_.get(), api_.get(), rings_.get(), wake_.get(), kept_.get()});
  tell(welcome, outputs);
}

void DriverTest::end() {
  keeper_.reset();
  if (driver_thread_.joinable()) driver_thread_.join();
}

void DriverTest::tell(const link::ToControl& message, const std::vector<int>& fds) {
  ASSERT_TRUE(keeper_->send(codec::encode(message), fds));
}

std::optional<link::FromControl> DriverTest::next_order() {
  if (!readable(keeper_->fd())) return std::nullopt;
  auto packet = keeper_->receive();
  if (!std::holds_alternative<os::Packet>(packet)) return std::nullopt;
  auto message = codec::decode<link::FromControl>(std::get<os::Packet>(packet).bytes);
  if (!message) return std::nullopt;
  return std::move(*message);
}

void DriverTest::expect_on_screen(std::string_view text) {
  std::array<char, 4096> buffer{};
  while (seen_.find(text) == std::string::npos && readable(screen_.get())) {
    const ssize_t size = read(screen_.get(), buffer.data(), buffer.size());
    if (size <= 0) break;
    seen_.append(buffer.data(), static_cast<std::size_t>(size));
  }
  EXPECT_NE(seen_.find(text), std::string::npos) << text << "\nis not in\n" << seen_;
}

FakeProgram DriverTest::start(UnitId unit, std::uint8_t host) {
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

void DriverTest::accept_one(const FakeProgram& program) {
  ASSERT_TRUE(readable(program.listener.get())) << "nobody knocks";
  const os::Fd connection(accept(program.listener.get(), nullptr, nullptr));
  ASSERT_TRUE(connection);
}

FakeProgram DriverTest::serve_first() {
  const auto order = expect<link::StartUnit>();
  EXPECT_EQ(order.label, "dev-1");
  return serve(order, 1);
}

FakeProgram DriverTest::serve(const link::StartUnit& order, std::uint8_t host) {
  FakeProgram program = start(order.unit, host);
  tell(link::UnitListening{order.unit, program.place()});
  accept_one(program);
  applied(expect<link::PublishPlan>().plan);
  return program;
}

std::string DriverTest::ask(const std::string& request) {
  const os::Fd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(
      connect(client.get(), reinterpret_cast<const sockaddr*>(&api_address_), sizeof api_address_),
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

std::string DriverTest::http(const std::string& method, const std::string& target) {
  return method + " " + target + " HTTP/1.1\r\nHost: livefix\r\n\r\n";
}

boost::json::value DriverTest::body_of(const std::string& answer) {
  return boost::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
}

Saves& DriverTest::saves_in(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  return saves_[directory];
}

}  // namespace livefix::control::testing
