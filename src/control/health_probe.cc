#include "control/health_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <memory>

#include "control/endpoint.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = beast::http;
using ErrorCode = boost::system::error_code;

constexpr std::uint64_t kMaxAnswerBody = 1 << 20;

// One question; it lives in its own handlers.
struct Probe {
  Probe(asio::io_context& context, std::function<void(HealthAnswer)> callback)
      : stream(context), then(std::move(callback)) {}

  void end(HealthAnswer answer) { std::exchange(then, nullptr)(std::move(answer)); }
  void fail(const ErrorCode& error) {
    end({false, error == beast::error::timeout ? "no answer in time" : error.message()});
  }

  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  beast_http::request<beast_http::empty_body> request;
  beast_http::response_parser<beast_http::string_body> parser;
  std::function<void(HealthAnswer)> then;
};

void read_answer(const std::shared_ptr<Probe>& probe) {
  // The head says it all; a health page may be long.
  beast_http::async_read_header(
      probe->stream, probe->buffer, probe->parser, [probe](const ErrorCode& error, std::size_t) {
        if (error) return probe->fail(error);
        const auto& head = probe->parser.get();
        const unsigned status = head.result_int();
        const std::string reason(head.reason());
        probe->end({status >= 200 && status < 400, reason.empty() || status == 200
                                                       ? fmt::format("{}", status)
                                                       : fmt::format("{} {}", status, reason)});
      });
}

}  // namespace

void probe_health(asio::io_context& context, const Address& address, const std::string& host,
                  const std::string& path, Milliseconds patience,
                  std::function<void(HealthAnswer)> then) {
  const auto probe = std::make_shared<Probe>(context, std::move(then));
  probe->parser.body_limit(kMaxAnswerBody);
  probe->request = {beast_http::verb::get, path, 11};
  probe->request.set(beast_http::field::host, host.empty() ? "localhost" : host);
  probe->request.set(beast_http::field::user_agent, "livefix/" LIVEFIX_VERSION);
  probe->request.set(beast_http::field::connection, "close");
  probe->stream.expires_after(patience);
  probe->stream.async_connect(endpoint_of(address), [probe](const ErrorCode& error) {
    if (error) return probe->fail(error);
    beast_http::async_write(probe->stream, probe->request,
                            [probe](const ErrorCode& failure, std::size_t) {
                              failure ? probe->fail(failure) : read_answer(probe);
                            });
  });
}

}  // namespace livefix::control
