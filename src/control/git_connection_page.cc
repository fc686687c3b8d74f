// What the page asks: its files, the control API, and streams that go on until somebody leaves.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/write.hpp>
#include <utility>

#include "control/page_visit.h"
#include "control/phrases.h"

namespace livefix::control {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t kMaxPageBody = 16 << 10;
constexpr std::size_t kMaxUnsent = 4 << 20;  // of a stream, as on the control socket

std::chrono::sys_seconds second_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

// A reply may come when its request is long over, and the connection has another one.
class GitConnection::PageClient final : public ApiClient {
 public:
  PageClient(std::weak_ptr<GitConnection> connection, std::weak_ptr<Visit> visit)
      : connection_(std::move(connection)), visit_(std::move(visit)) {}

  void answer(ApiAnswer what) override {
    const auto connection = open_one();
    if (!connection || connection->visit_->streams) return;
    connection->answer_page(
        {.status = what.status, .type = std::string(what.type), .body = std::move(what.body)});
  }
  void line(const std::string& json, std::uint64_t id) override {
    if (const auto connection = open_one()) connection->add_line(json, id);
  }
  void end() override {
    if (const auto connection = open_one()) connection->end_stream();
  }
  void on_gone(std::function<void()> callback) override {
    const auto connection = connection_.lock();
    const auto visit = visit_.lock();
    if (!connection || connection->is_closed_ || !visit) return callback();
    if (!visit->is_answered) visit->gone = std::move(callback);
  }

 private:
  std::shared_ptr<GitConnection> open_one() const {
    const auto connection = connection_.lock();
    const auto visit = visit_.lock();
    const bool waits = connection && visit && !connection->is_closed_ && !visit->is_answered &&
                       connection->visit_ == visit;
    return waits ? connection : nullptr;
  }

  const std::weak_ptr<GitConnection> connection_;
  const std::weak_ptr<Visit> visit_;
};

void GitConnection::handle_page() {
  const auto& message = parser_->get();
  const auto field = [&message](auto name) {
    const auto value = message[name];
    return std::string(value.data(), value.size());
  };
  visit_ = std::make_shared<Visit>(
      Visit{.request = {.method = std::string(message.method_string()),
                        .target = std::string(message.target()),
                        .host = field(beast_http::field::host),
                        .authorization = field(beast_http::field::authorization),
                        .cookie = field(beast_http::field::cookie),
                        .origin = field(beast_http::field::origin),
                        .fetch_site = field("Sec-Fetch-Site"),
                        .forwarded_proto = field("X-Forwarded-Proto"),
                        .content_type = field(beast_http::field::content_type),
                        .accept = field(beast_http::field::accept),
                        .accept_encoding = field(beast_http::field::accept_encoding),
                        .if_none_match = field(beast_http::field::if_none_match),
                        .last_event_id = field("Last-Event-ID"),
                        .client = client_}});
  begin_when_asked([this] { read_body(); });
}

void GitConnection::keep_page_body(std::size_t size) {
  auto& body = visit_->request.body;
  body.append(input_.data(), size);
  if (body.size() <= kMaxPageBody) return read_body();
  visit_.reset();
  refuse({413, fmt::format("a request here has at most {} KiB", kMaxPageBody >> 10), "", true});
}

void GitConnection::ask_page() {
  const auto visit = visit_;
  const bool may_stream = parts_.streams < parts_.settings.limits.streams;
  if (!may_stream && visit->request.wants_events()) {
    return answer_page({.status = 503,
                        .type = "text/plain; charset=utf-8",
                        .body = "livefix: too many pages are open; close one\n",
                        .fields = {"Retry-After: 5"}});
  }
  auto answer = parts_.settings.dashboard->handle(
      visit->request, parts_.failed, {Clock::now(), second_now()},
      std::make_shared<PageClient>(self_, visit), visit->may_go_on);
  if (answer) return answer_page(*answer);
  // While the answer is awaited: the client's end, or its next request, which waits.
  if (!is_closed_ && !visit->is_answered) watch_for_leave();
}

void GitConnection::answer_page(const DoorAnswer& what) {
  visit_->is_answered = true;
  visit_->gone = {};
  visit_.reset();
  std::string fields(page_security());
  for (const std::string& one : what.fields) fields += one + "\r\n";
  fields.resize(fields.size() - 2);
  answer({.status = what.status,
          .type = what.type,
          .body = what.body,
          .field = fields,
          .cache = what.cache});
}

// --- streams -------------------------------------------------------------------------------------

void GitConnection::add_line(const std::string& json, std::uint64_t id) {
  const bool is_events = visit_->request.wants_events();
  if (!visit_->streams) {
    visit_->streams = true;
    ++parts_.streams;
    add_to_stream(
        fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nCache-Control: no-store\r\n"
                    "X-Accel-Buffering: no\r\n{}Connection: close\r\n\r\n",
                    is_events ? "text/event-stream" : "application/x-ndjson", page_security()));
    beat();
  }
  if (!visit_) return;
  if (!is_events) return add_to_stream(json + "\n");
  add_to_stream(id == 0 ? fmt::format("data: {}\n\n", json)
                        : fmt::format("id: {}\ndata: {}\n\n", id, json));
}

void GitConnection::add_to_stream(std::string_view text) {
  if (is_closed_) return;
  visit_->unsent += text;
  if (visit_->unsent.size() > kMaxUnsent) return close();
  flush_stream();
}

void GitConnection::end_stream() {
  visit_->is_answered = true;
  visit_->gone = {};
  flush_stream();
}

void GitConnection::flush_stream() {
  if (visit_->writes) return;
  if (visit_->unsent.empty()) {
    if (visit_->is_answered) linger();
    return;
  }
  visit_->writes = true;
  send(std::exchange(visit_->unsent, {}), [this] {
    visit_->writes = false;
    flush_stream();
  });
}

// A client that has vanished is noticed by what cannot be sent to it; whose token was taken away
// reads no further.
void GitConnection::beat() {
  beat_.expires_after(parts_.settings.limits.beat);
  beat_.async_wait(held([this](const Error& stopped) {
    if (stopped || !visit_ || visit_->is_answered) return;
    if (visit_->may_go_on && !visit_->may_go_on(second_now())) return close();
    if (visit_->request.wants_events()) add_to_stream(":\n\n");
    if (!is_closed_) beat();
  }));
}

}  // namespace livefix::control
