#include "control/webhook.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/address.h"
#include "base/duration_text.h"
#include "os/small_file.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = beast::http;
using WebError = boost::system::error_code;

constexpr std::size_t kMostSecret = 64 * 1024;
constexpr std::uint64_t kMostAnswer = 64 * 1024;
constexpr std::size_t kMostReason = 60;

std::int64_t unix_now() {
  return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

std::string ascii_only(std::string_view text) {
  std::string shown(text.substr(0, kMostReason));
  std::erase_if(shown, [](unsigned char c) { return c < 0x20 || c >= 0x7f; });
  return shown;
}

Milliseconds seconds_in(std::string_view text) {
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return std::chrono::seconds(seconds);
}

}  // namespace

std::string webhook_signature(std::string_view secret, std::int64_t unix_seconds,
                              std::string_view body) {
  const std::string text = fmt::format("{}.{}", unix_seconds, body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  // Fails only for want of memory; what is sent then is refused by whoever verifies it.
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return fmt::format("t={},v1={:02x}", unix_seconds,
                     fmt::join(digest.begin(), digest.begin() + size, ""));
}

Result<std::string> secret_of(const NotifySpec& receiver) {
  std::string secret;
  if (!receiver.secret_file.empty()) {
    auto read = os::read_small_file(receiver.secret_file, kMostSecret);
    if (!read) return fail("its secret_file {}: {}", receiver.secret_file, read.error().message);
    secret = std::move(*read);
  } else if (const char* value = std::getenv(receiver.secret_env.c_str())) {  // nobody sets any
    secret = value;
  }
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  if (!secret.empty()) return secret;
  return receiver.secret_file.empty()
             ? fail("the environment of livefix has no {}, its secret", receiver.secret_env)
             : fail("its secret_file {} is empty; write the secret into it", receiver.secret_file);
}

DeliveryOutcome outcome_of_status(unsigned status, std::string_view reason,
                                  std::string_view retry_after) {
  using enum DeliveryOutcome::Kind;
  const std::string shown = ascii_only(reason);
  std::string what = fmt::format("{}{}{}", status, shown.empty() ? "" : " ", shown);
  if (status >= 200 && status < 300) return {delivered, std::move(what), {}};
  if (status >= 300 && status < 400) {
    return {given_up, what + ", and redirects are not followed; write the URL where it leads", {}};
  }
  const bool is_passing = status == 408 || status == 429 || status >= 500;
  return {is_passing ? again : given_up, std::move(what),
          is_passing ? seconds_in(retry_after) : Milliseconds{}};
}

struct Webhook::Tls {
  asio::ssl::context context{asio::ssl::context::tls_client};
};

// It lives in its own handlers.
struct Webhook::Attempt {
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

  void end(DeliveryOutcome::Kind kind, std::string what) { end({kind, std::move(what), {}}); }
  void end(const DeliveryOutcome& outcome) {
    if (!then) return;
    timer.cancel();
    resolver.cancel();
    tcp().close();
    std::exchange(then, nullptr)(outcome);
  }
  void failed(std::string_view doing, const WebError& error) {
    end(DeliveryOutcome::Kind::again, fmt::format("{}: {}", doing, ascii_only(error.message())));
  }

  PlainStream& tcp() { return tls ? beast::get_lowest_layer(*tls) : plain; }

  static void begin(const Self& self, Milliseconds patience) {
    self->timer.expires_after(patience);
    self->timer.async_wait([self, patience](const WebError& error) {
      if (error) return;
      if (self->parser.is_header_done()) return self->answered();
      self->end(DeliveryOutcome::Kind::again,
                fmt::format("no answer within {}", duration_text(patience)));
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
      self->end(DeliveryOutcome::Kind::again,
                fmt::format("its certificate is not to be trusted: {}",
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
    const auto& head = parser.get();
    end(outcome_of_status(head.result_int(), std::string(head.reason()),
                          std::string(head[beast_http::field::retry_after])));
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

Webhook::Webhook(asio::io_context& context, const NotifySpec& receiver, Milliseconds patience)
    : context_(context), receiver_(receiver), patience_(patience) {}

Webhook::~Webhook() = default;

void Webhook::deliver(const Notification& notification, Then then) {
  if (receiver_.url.is_tls && !tls_) {
    tls_ = std::make_unique<Tls>();
    WebError ignored;  // then no certificate is trusted, which is told
    tls_->context.set_default_verify_paths(ignored);
    tls_->context.set_verify_mode(asio::ssl::verify_peer, ignored);
    SSL_CTX_set_min_proto_version(tls_->context.native_handle(), TLS1_2_VERSION);
  }
  const bool is_signed = !receiver_.secret_file.empty() || !receiver_.secret_env.empty();
  const auto secret = is_signed ? secret_of(receiver_) : Result<std::string>(std::string());
  if (!secret) {
    asio::post(context_, [then = std::move(then), what = secret.error().message] {
      then({DeliveryOutcome::Kind::again, what, {}});
    });
    return;
  }
  const auto attempt = std::make_shared<Attempt>(
      context_, receiver_.url, receiver_.url.is_tls ? tls_.get() : nullptr, std::move(then));
  auto& request = attempt->request;
  request = {beast_http::verb::post, receiver_.url.target, 11};
  request.set(beast_http::field::host, receiver_.url.authority());
  request.set(beast_http::field::user_agent, "livefix/" LIVEFIX_VERSION);
  request.set(beast_http::field::content_type, "application/json");
  request.set(beast_http::field::connection, "close");
  request.set("Livefix-Event", notification.event);
  request.set("Livefix-Delivery", notification.id);
  if (is_signed) {
    request.set("Livefix-Signature", webhook_signature(*secret, unix_now(), notification.body));
  }
  request.body() = notification.body;
  request.prepare_payload();
  Attempt::begin(attempt, patience_);
}

}  // namespace livefix::control
