// Load generator and backend in one thread, for bench/proxy: what is left of two processors is the
// proxy's, so that the proxy is what is measured.
//
//   loadpair --backend 127.0.0.1:9000 --target 127.0.0.1:8080 --connections 64 --seconds 3 ...
//   loadpair --role backend --backend 127.0.0.1:9000       serves until it is ended
//   loadpair --role load --target 127.0.0.1:8080           the load alone
//
// Closed loop: each connection sends its next request when it has the whole answer. With --rate R
// open loop: R requests a second are due whether or not answers come, and a latency counts from
// the moment at which its request was due. Prints "begin" and "end" around the measured time, so
// that the caller can look at the processor time of the proxy, then one line of JSON.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "latencies.h"
#include "options.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Message {
  std::size_t size = 0;  // of head and body together; 0: the head is not there yet
  bool last = false;     // nothing comes after it on this connection
};

Message message_of(std::string_view text) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return {};
  constexpr std::string_view kName = "\r\ncontent-length:";
  const auto head = text.substr(0, end);
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  const auto found = std::search(head.begin(), head.end(), kName.begin(), kName.end(), same);
  std::size_t length = 0;
  if (found != head.end()) {
    const char* value = &*found + kName.size();
    while (*value == ' ') ++value;
    std::from_chars(value, head.data() + head.size(), length);
  }
  return {end + 4 + length, head.find("onnection: close") != head.npos};
}

struct Connection {
  int fd = -1;
  bool client = false;
  bool idle = false;         // a client that sends one request only
  bool last = false;         // the message that arrives is the last one of this connection
  bool waiting = false;      // a client: its request is on the way
  std::string head;          // of the message that arrives, until it is whole
  std::size_t expected = 0;  // of that message, once known
  std::size_t received = 0;
  std::size_t unsent = 0;  // bytes of what it says that the kernel did not take
  const std::string* says = nullptr;
  Clock::time_point due;  // when the request was sent, or should have been
};

// Of few words at each place, so that they are taken for names: "/pa/pb/pc".
std::string path_of(int number, int paths) {
  if (paths == 1) return "/";
  constexpr int kWords = 25;
  std::string path;
  for (int part = 0; part < 3; ++part, number /= kWords) {
    path = std::string("/p") + static_cast<char>('a' + number % kWords) + path;
  }
  return path;
}

std::string answer_of(const char* status, std::size_t size, char mark) {
  return std::string("HTTP/1.1 ") + status +
         "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
         std::string(size, mark);
}

class LoadPair {
 public:
  explicit LoadPair(const Options& options);
  int run();

 private:
  void listen_as_backend();
  void accept_backends();
  void open_client(Connection& connection);
  void add(Connection& connection);
  void on_event(Connection& connection, std::uint32_t events);
  void receive(Connection& connection);
  void on_message(Connection& connection);
  bool is_good(const Connection& connection) const;
  const std::string& next_answer();
  void send_rest(Connection& connection);
  void ask(Connection& connection, Clock::time_point due);
  void fail(Connection& connection);
  void keep_rate(Clock::time_point now);
  void open_clients();
  void open_idle_client();
  void wait_for_target();
  void handle_events(Clock::time_point until);
  void load();

  const Options options_;
  const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  int listener_ = -1;
  std::vector<std::string> requests_;
  std::string answer_;
  std::string failure_;
  std::size_t asked_ = 0;
  int answered_ = 0;  // since the last failure
  std::vector<char> scratch_ = std::vector<char>(1 << 20);
  std::vector<std::unique_ptr<Connection>> clients_;
  std::vector<std::unique_ptr<Connection>> backends_;
  std::deque<Connection*> free_;  // clients without a request, where a rate is kept
  Clock::time_point next_due_;
  int idle_opened_ = 0;
  int idle_answered_ = 0;
  bool measuring_ = false;
  Latencies latencies_;
  std::vector<epoll_event> events_ = std::vector<epoll_event>(512);
};

LoadPair::LoadPair(const Options& options) : options_(options) {
  std::string rest = " HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: loadpair\r\nAccept: */*\r\n";
  if (options_.close) rest += "Connection: close\r\n";
  if (options_.post > 0) rest += "Content-Length: " + std::to_string(options_.post) + "\r\n";
  rest += "\r\n" + std::string(options_.post, 'p');
  for (int i = 0; i < options_.paths; ++i) {
    requests_.push_back((options_.post > 0 ? "POST " : "GET ") + path_of(i, options_.paths) + rest);
  }
  answer_ = answer_of("200 OK", options_.body, options_.mark);
  const auto status = std::to_string(options_.status) + " Failed";
  failure_ = answer_of(status.c_str(), options_.body, options_.mark);
}

const std::string& LoadPair::next_answer() {
  if (options_.failing == 0 || ++answered_ < options_.failing) return answer_;
  answered_ = 0;
  return failure_;
}

// The answer that arrives. Proxies that were just started may say 404 or 502 for a moment.
bool LoadPair::is_good(const Connection& connection) const {
  const auto status = std::string_view(connection.head).substr(9, 3);
  return status == "200" || (options_.failing > 0 && status == std::to_string(options_.status));
}

void LoadPair::listen_as_backend() {
  const auto address = address_of(options_.backend);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
      listen(listener_, 4096) < 0) {
    die("cannot listen on " + options_.backend + ": " + std::strerror(errno));
  }
  epoll_event interest{.events = EPOLLIN, .data = {.ptr = nullptr}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &interest);
}

void LoadPair::accept_backends() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    add(*connection);
    backends_.push_back(std::move(connection));
  }
}

void LoadPair::add(Connection& connection) {
  const int on = 1;
  setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event interest{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                       .data = {.ptr = &connection}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &interest);
}

void LoadPair::open_client(Connection& connection) {
  const auto address = address_of(options_.target);
  connection.client = true;
  connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection.fd < 0) die(std::string("socket: ") + std::strerror(errno));
  if (connect(connection.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 &&
      errno != EINPROGRESS) {
    latencies_.fail();
  }
  add(connection);
}

void LoadPair::on_event(Connection& connection, std::uint32_t events) {
  if (connection.fd < 0) return;
  if (events & EPOLLOUT) send_rest(connection);
  if (connection.fd >= 0 && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))) {
    receive(connection);
  }
}

void LoadPair::receive(Connection& connection) {
  for (;;) {
    const ssize_t size = recv(connection.fd, scratch_.data(), scratch_.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return fail(connection);
    std::string_view part(scratch_.data(), static_cast<std::size_t>(size));
    if (connection.client) latencies_.received(part.size());
    if (connection.expected == 0) {
      connection.head.append(part.substr(0, std::min<std::size_t>(part.size(), 65536)));
      const auto message = message_of(connection.head);
      connection.expected = message.size;
      connection.last = message.last;
      if (connection.expected == 0 && connection.head.size() > 65536) return fail(connection);
    }
    connection.received += part.size();
    if (connection.expected > 0 && connection.received >= connection.expected) {
      if (measuring_ && connection.client && is_good(connection)) latencies_.saw(part.back());
      on_message(connection);
      if (connection.fd < 0) return;
    }
    if (part.size() < scratch_.size()) return;  // drained; ends are told by another event
  }
}

void LoadPair::on_message(Connection& connection) {
  const bool good = !connection.client || is_good(connection);
  connection.head.clear();
  connection.expected = connection.received = 0;
  if (!connection.client) {
    connection.says = &next_answer();
    connection.unsent = connection.says->size();
    return send_rest(connection);
  }
  const auto now = Clock::now();
  connection.waiting = false;
  if (!good) latencies_.fail();
  if (connection.idle) {
    ++idle_answered_;
    return open_idle_client();
  }
  if (measuring_ && good) latencies_.add(connection.due, now);
  if (options_.close || connection.last) {
    close(connection.fd);
    open_client(connection);
  }
  if (options_.rate > 0) {
    free_.push_back(&connection);
  } else {
    ask(connection, now);
  }
}

void LoadPair::ask(Connection& connection, Clock::time_point due) {
  connection.due = due;
  connection.waiting = true;
  connection.says = &requests_[asked_++ % requests_.size()];
  connection.unsent = connection.says->size();
  send_rest(connection);
}

void LoadPair::send_rest(Connection& connection) {
  while (connection.unsent > 0) {
    const std::string& text = *connection.says;
    const ssize_t sent = send(connection.fd, text.data() + text.size() - connection.unsent,
                              connection.unsent, MSG_NOSIGNAL);
    if (sent < 0) return;  // told by an event, whether it goes on or has ended
    connection.unsent -= static_cast<std::size_t>(sent);
  }
}

void LoadPair::fail(Connection& connection) {
  close(connection.fd);
  connection.fd = -1;
  if (!connection.client) return;
  if (connection.waiting) latencies_.fail();
  connection.head.clear();
  connection.expected = connection.received = 0;
  const bool again = connection.waiting;
  const auto due = connection.due;
  open_client(connection);
  if (again) ask(connection, due);
}

void LoadPair::keep_rate(Clock::time_point now) {
  const auto interval =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / options_.rate));
  while (next_due_ <= now && !free_.empty()) {
    Connection* connection = free_.front();
    free_.pop_front();
    ask(*connection, next_due_);
    next_due_ += interval;
  }
}

// Proxies that were just started may not listen yet.
void LoadPair::wait_for_target() {
  const auto address = address_of(options_.target);
  const auto end = Clock::now() + std::chrono::seconds(20);
  for (;;) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool there =
        connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    if (there) return;
    if (Clock::now() > end) die("nobody listens on " + options_.target);
    usleep(10'000);
  }
}

void LoadPair::open_clients() {
  for (int i = 0; i < options_.connections; ++i) {
    clients_.push_back(std::make_unique<Connection>());
    open_client(*clients_.back());
    if (options_.rate > 0) {
      free_.push_back(clients_.back().get());
    } else {
      ask(*clients_.back(), Clock::now());
    }
  }
  constexpr int kAtOnce = 32;  // so that no proxy needs more connections to the backend for them
  for (int i = 0; i < kAtOnce; ++i) open_idle_client();
}

void LoadPair::open_idle_client() {
  if (idle_opened_ == options_.idle) return;
  ++idle_opened_;
  clients_.push_back(std::make_unique<Connection>());
  clients_.back()->idle = true;
  open_client(*clients_.back());
  ask(*clients_.back(), Clock::now());
}

void LoadPair::handle_events(Clock::time_point until) {
  const auto left =
      std::max(std::chrono::nanoseconds(until - Clock::now()), std::chrono::nanoseconds(0));
  const timespec wait{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
  const int count =
      epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()), &wait, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto& event = events_[static_cast<std::size_t>(i)];
    if (!event.data.ptr) {
      accept_backends();
    } else {
      on_event(*static_cast<Connection*>(event.data.ptr), event.events);
    }
  }
  std::erase_if(backends_, [](const auto& one) { return one->fd < 0; });
}

void LoadPair::load() {
  const auto seconds = [](double value) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
  };
  wait_for_target();
  open_clients();
  auto now = Clock::now();
  const auto begin = now + seconds(options_.warm_up);
  const auto give_up = begin + seconds(30);
  auto end = give_up;
  next_due_ = now;
  while (now < end) {
    auto until = measuring_ ? end : std::max(begin, now + seconds(0.01));
    if (options_.rate > 0 && !free_.empty()) until = std::min(until, next_due_);
    handle_events(until);
    now = Clock::now();
    if (options_.rate > 0) keep_rate(now);
    if (!measuring_ && now >= begin && idle_answered_ == options_.idle) {
      std::puts("begin");
      std::fflush(stdout);
      measuring_ = true;
      now = Clock::now();
      latencies_.begin(now);
      end = now + seconds(options_.seconds);
    }
  }
  if (!measuring_) die("the idle connections have no answer yet");
  measuring_ = false;
  std::puts("end");
  std::fflush(stdout);
  latencies_.print(now, options_.slots);
}

int LoadPair::run() {
  if (options_.serves()) listen_as_backend();
  if (options_.loads()) load();
  while (!options_.loads()) handle_events(Clock::now() + std::chrono::hours(1));
  while (options_.stay) pause();
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const Options options = parse_options(count, words);
  signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (options.cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(options.cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
  }
  return LoadPair(options).run();
}
