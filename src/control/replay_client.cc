#include "control/replay_client.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <optional>
#include <utility>

#include "control/endpoint.h"
#include "http/message_reader.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr int kMostInterim = 32;  // answers before the answer (1xx)

}  // namespace

std::string_view word_of(ReplayEnd end) {
  switch (end) {
    case ReplayEnd::whole:
      return "whole";
    case ReplayEnd::too_large:
      return "too large";
    case ReplayEnd::refused:
      return "not reached";
    case ReplayEnd::closed:
      return "closed";
    case ReplayEnd::broken_off:
      return "broken off";
    case ReplayEnd::timed_out:
      return "timed out";
    case ReplayEnd::endless:
      return "endless";
    case ReplayEnd::not_http:
      break;
  }
  return "no HTTP";
}

// One request. Handlers hold it weakly through Impl's list: what has ended is gone from there, and
// its handlers find nothing.
struct ReplayClient::Call {
  // What has come of an answer.
  class AnswerKeeper final : public http::MessageSink<http::ResponseHead> {
   public:
    explicit AnswerKeeper(ReplayAnswer& answer) : answer_(answer) {}

    void on_interim(const http::ResponseHead&) override { ++interim_; }
    void on_head(const http::ResponseHead& head) override {
      answer_.status = head.status;
      answer_.message.first_line = fmt::format("HTTP/1.1 {} {}", head.status, head.reason);
      for (const http::Field& field : head.fields) {
        answer_.message.fields.push_back({std::string(field.name), std::string(field.value)});
      }
    }
    void on_payload(std::string_view bytes) override {
      observe::RecordedMessage& message = answer_.message;
      const std::size_t room = ReplayAnswer::kMostOfAnswer - message.body.size();
      message.bytes += bytes.size();
      message.body += bytes.substr(0, room);
      if (bytes.size() > room) message.cut = true;
    }
    void on_trailers(const http::FieldList&) override {}
    void on_end() override { ended_ = true; }

    bool ended() const { return ended_; }
    bool is_nonsense() const { return interim_ > kMostInterim || answer_.status == 101; }

   private:
    ReplayAnswer& answer_;
    int interim_ = 0;
    bool ended_ = false;
  };

  Call(asio::io_context& context, const std::vector<Address>& to, ReplayRequest what,
       Milliseconds limit, Then callback)
      : request(std::move(what)),
        patience(limit),
        then(std::move(callback)),
        socket(context),
        timer(context),
        keeper(answer),
        reader(request.method) {
    for (const Address& address : to) places.push_back(endpoint_of(address));
  }

  std::vector<tcp::endpoint> places;
  const ReplayRequest request;
  const Milliseconds patience;
  Then then;
  tcp::socket socket;
  asio::steady_timer timer;
  TimePoint began{};
  bool connected = false;
  bool got_bytes = false;
  ReplayAnswer answer;
  AnswerKeeper keeper;
  http::MessageReader<http::ResponseHead> reader;
  std::array<char, 16'384> buffer{};
};

struct ReplayClient::Impl : std::enable_shared_from_this<Impl> {
  using Calls = std::deque<std::shared_ptr<Call>>;

  Impl(asio::io_context& in, std::size_t most) : context(in), at_once(most) {}

  void begin_next() {
    while (running.size() < at_once && !waiting.empty()) {
      running.push_back(std::move(waiting.front()));
      waiting.pop_front();
      begin(running.back());
    }
  }

  // Handlers outlive what they are about: none does anything once it has ended.
  template <class Handler>
  auto while_it_runs(const std::shared_ptr<Call>& call, Handler handler) {
    return [this, alive = weak_from_this(), weak = std::weak_ptr(call), handler](
               const ErrorCode& error, auto&&... more) {
      const auto keeps = alive.lock();
      const auto found = weak.lock();
      if (keeps && found && found->then) handler(found, error, more...);
    };
  }

  void begin(const std::shared_ptr<Call>& call) {
    call->began = Clock::now();
    call->timer.expires_after(call->patience);
    call->timer.async_wait(
        while_it_runs(call, [this](const std::shared_ptr<Call>& one, const ErrorCode& error) {
          if (error) return;
          end(one, !one->connected                          ? ReplayEnd::refused
                   : one->answer.message.first_line.empty() ? ReplayEnd::timed_out
                                                            : ReplayEnd::endless);
        }));
    asio::async_connect(call->socket, call->places,
                        while_it_runs(call, [this](const std::shared_ptr<Call>& one,
                                                   const ErrorCode& error, const auto&) {
                          if (error) return end(one, ReplayEnd::refused);
                          one->connected = true;
                          write(one);
                          read(one);  // it may answer before it has read all
                        }));
  }

  // A program that stops reading may answer all the same: what comes of that is read.
  void write(const std::shared_ptr<Call>& call) {
    asio::async_write(call->socket, asio::buffer(call->request.bytes),
                      [keeps = call](const ErrorCode&, std::size_t) {});
  }

  void read(const std::shared_ptr<Call>& call) {
    call->socket.async_read_some(
        asio::buffer(call->buffer),
        while_it_runs(call, [this](const std::shared_ptr<Call>& one, const ErrorCode& error,
                                   std::size_t size) {
          if (error) return on_closed(one, error == asio::error::eof);
          on_bytes(one, {one->buffer.data(), size});
        }));
  }

  void on_bytes(const std::shared_ptr<Call>& call, std::string_view bytes) {
    call->got_bytes = true;
    const bool goes_on = call->reader.advance(bytes, call->keeper);
    if (call->keeper.is_nonsense()) return end(call, ReplayEnd::not_http);
    // What follows an answer that has ended is nobody's.
    if (call->answer.message.cut) return end(call, ReplayEnd::too_large);
    if (call->keeper.ended()) return end(call, ReplayEnd::whole);
    if (!goes_on) return end(call, ReplayEnd::not_http);
    read(call);
  }

  void on_closed(const std::shared_ptr<Call>& call, bool in_order) {
    const bool is_whole = in_order && call->reader.finish(call->keeper) && call->keeper.ended();
    end(call, is_whole          ? ReplayEnd::whole
              : call->got_bytes ? ReplayEnd::broken_off
                                : ReplayEnd::closed);
  }

  void end(const std::shared_ptr<Call>& call, ReplayEnd how) {
    const auto stays = shared_from_this();  // `then` may destroy the client
    call->answer.end = how;
    call->answer.took =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - call->began);
    ErrorCode ignored;
    call->timer.cancel();
    call->socket.close(ignored);
    std::erase(running, call);
    const Then then = std::exchange(call->then, nullptr);
    then(std::move(call->answer));
    if (!ended) begin_next();
  }

  void end_all() {
    ended = true;
    waiting.clear();
    for (const auto& call : std::exchange(running, {})) {
      ErrorCode ignored;
      call->then = nullptr;
      call->timer.cancel();
      call->socket.close(ignored);
    }
  }

  asio::io_context& context;
  const std::size_t at_once;
  Calls waiting;
  Calls running;
  bool ended = false;
};

ReplayClient::ReplayClient(boost::asio::io_context& context, std::size_t at_once)
    : impl_(std::make_shared<Impl>(context, at_once)) {}

ReplayClient::~ReplayClient() {
  impl_->end_all();
}

void ReplayClient::send(const std::vector<Address>& places, ReplayRequest request,
                        Milliseconds patience, Then then) {
  impl_->waiting.push_back(std::make_shared<Call>(impl_->context, places, std::move(request),
                                                  patience, std::move(then)));
  impl_->begin_next();
}

}  // namespace livefix::control
