#include "control/web_client.h"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "base/address.h"
#include "base/duration_text.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = beast::http;
using WebError = boost::system::error_code;

constexpr std::uint64_t kMostAnswer = 64 * 1024;
constexpr std::size_t kMostReason = 60;

}  // namespace

std::string ascii_only(std::string_view text) {
  std::string shown(text.substr(0, kMostReason));
  std::erase_if(shown, [](unsigned char c) { return c < 0x20 || c >= 0x7f; });
  return shown;
}

Milliseconds pause_asked_for(std::string_view retry_after) {
  std::uint32_t seconds = 0;
  const auto end = retry_after.data() + retry_after.size();
  const auto parsed = std::from_chars(retry_after.data(), end, seconds);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return {};
  return std::chrono::seconds(seconds);
}

std::string WebAnswer::shown() const {
  if (status == 0) return reason;
  return fmt::format("{}{}{}", status, reason.empty() ? "" : " ", reason);
}

struct WebClient::Tls {
  asio::ssl::context context{asio::ssl::context::tls_client};
};

// It lives in its own handlers.
struct WebClient::Attempt {
  using Self = std::shared_ptr<Attempt>;
  using PlainStream = beast::tcp_stream;
  using TlsStream = beast::ssl_stream<beast::tcp_stream>;
  using Addresses = asio::ip::tcp::resolver::results_type;

  Attempt(asio::io_context& context, WebAddress to, Tls* with, Then callback)
      : address(std::move(to)),
        resolver(context),
        timer(context),
        plain(context),
        then(std::move(callback)) {
    if (with) tls.emplace(std::move(plain), with->context);
    parser.body_limit(kMostAnswer);
  }

  void end(const WebAnswer& answer) {
    if (!then) return;
    timer.cancel();
    resolver.cancel();
    tcp().close();
    std::exchange(then, nullptr)(answer);
  }
  void failed(std::string what) { end({.reason = std::move(what)}); }
  void failed(std::string_view doing, const WebError& error) {
    failed(fmt::format("{}: {}", doing, ascii_only(error.message())));
  }

  PlainStream& tcp() { return tls ? beast::get_lowest_layer(*tls) : plain; }

  static void begin(const Self& self, Milliseconds patience) {
    self->timer.expires_after(patience);
    self->timer.async_wait([self, patience](const WebError& error) {
      if (error) return;
      if (self->parser.is_header_done()) return self->answered();
      self->failed(fmt::format("no answer within {}", duration_text(patience)));
    });
    self->resolver.async_resolve(self->address.host, std::to_string(self->address.port),
                                 [self](const WebError& error, const Addresses& found) {
                                   if (error)
                                     return self->failed("its address is not found", error);
                                   connect(self, found);
                                 });
  }

  static void connect(const Self& self, const Addresses& found) {
    if (!self->then) return;
    self->tcp().async_connect(found, [self](const WebError& error, const auto&) {
      if (error) return self->failed("it cannot be connected to", error);
      if (self->tls) return shake_hands(self);
      send(self, self->plain);
    });
  }

  static void shake_hands(const Self& self) {
    if (!self->then) return;
    WebError ignored;
    self->tls->set_verify_callback(asio::ssl::host_name_verification(self->address.host), ignored);
    if (!Address::parse_ip(self->address.host, 0)) {
      // SSL_set_tlsext_host_name(), whose macro has a cast of C.
      SSL_ctrl(self->tls->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(self->address.host.c_str()));
    }
    self->tls->async_handshake(asio::ssl::stream_base::client, [self](const WebError& error) {
      if (!error) return send(self, *self->tls);
      const long verified = SSL_get_verify_result(self->tls->native_handle());
      if (verified == X509_V_OK) return self->failed("TLS fails", error);
      self->failed(fmt::format("its certificate is not to be trusted: {}",
                               X509_verify_cert_error_string(verified)));
    });
  }

  template <class Stream>
  static void send(const Self& self, Stream& stream) {
    if (!self->then) return;
    beast_http::async_write(stream, self->request,
                            [self, &stream](const WebError& error, std::size_t) {
                              if (error) return self->failed("it does not take the request", error);
                              read(self, stream);
                            });
  }

  // The head says it all, but some servers complain when nobody reads the rest.
  template <class Stream>
  static void read(const Self& self, Stream& stream) {
    if (!self->then) return;
    beast_http::async_read(stream, self->buffer, self->parser,
                           [self](const WebError& error, std::size_t) {
                             if (self->parser.is_header_done()) return self->answered();
                             self->failed("it does not answer", error);
                           });
  }

  void answered() {
    const auto& answer = parser.get();
    end({.status = answer.result_int(),
         .reason = ascii_only(std::string(answer.reason())),
         .retry_after = std::string(answer[beast_http::field::retry_after]),
         .body = parser.is_done() ? answer.body() : std::string()});
  }

  const WebAddress address;
  asio::ip::tcp::resolver resolver;
  asio::steady_timer timer;
  PlainStream plain;
  std::optional<TlsStream> tls{};
  beast::flat_buffer buffer{kMostAnswer};
  beast_http::request<beast_http::string_body> request{};
  beast_http::response_parser<beast_http::string_body> parser{};
  Then then;
};

WebClient::WebClient(asio::io_context& context, const WebAddress& address)
    : context_(context), address_(address) {}

WebClient::~WebClient() = default;

void WebClient::post(WebPost post, Milliseconds patience, Then then) {
  if (address_.is_tls && !tls_) {
    tls_ = std::make_unique<Tls>();
    WebError ignored;  // then no certificate is trusted, which is told
    tls_->context.set_default_verify_paths(ignored);
    tls_->context.set_verify_mode(asio::ssl::verify_peer, ignored);
    SSL_CTX_set_min_proto_version(tls_->context.native_handle(), TLS1_2_VERSION);
  }
  const auto attempt = std::make_shared<Attempt>(
      context_, address_, address_.is_tls ? tls_.get() : nullptr, std::move(then));
  auto& request = attempt->request;
  request = {beast_http::verb::post, post.target, 11};
  request.set(beast_http::field::host, address_.authority());
  request.set(beast_http::field::user_agent, "livefix/" LIVEFIX_VERSION);
  request.set(beast_http::field::content_type, "application/json");
  request.set(beast_http::field::connection, "close");
  for (const auto& [name, value] : post.fields) request.set(name, value);
  request.body() = std::move(post.body);
  request.prepare_payload();
  Attempt::begin(attempt, patience);
}

}  // namespace livefix::control
