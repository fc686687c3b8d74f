#include "control/git_http.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <map>
#include <utility>

#include "control/git_connection.h"
#include "os/socket_address.h"
#include "os/tcp_listener.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::milliseconds kRetryAccept{100};

std::optional<Address> address_of(const Tcp::endpoint& endpoint) {
  sockaddr_storage storage{};
  std::memcpy(&storage, endpoint.data(), std::min(endpoint.size(), sizeof storage));
  return os::to_address(storage, static_cast<socklen_t>(endpoint.size()));
}

}  // namespace

struct GitHttp::Impl {
  Impl(asio::io_context& context, GitHttpSettings settings, GitAuthorize authorize)
      : parts{context, std::move(settings), std::move(authorize)},
        acceptor(context),
        retry(context) {}

  ~Impl() {
    for (const auto& [id, connection] : connections) connection->drop();
  }

  template <class Function>
  auto held(Function function) {
    return [self = self, function = std::move(function)](auto&&... arguments) mutable {
      if (!self.expired()) function(std::forward<decltype(arguments)>(arguments)...);
    };
  }

  void accept() {
    acceptor.async_accept(held([this](const ErrorCode& error, Tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      add(std::move(socket));
      if (connections.size() < parts.settings.limits.connections || make_room()) return accept();
      is_full = true;
    }));
  }

  // Out of descriptors: nothing that haste would help.
  void accept_later() {
    retry.expires_after(kRetryAccept);
    retry.async_wait(held([this](const ErrorCode& stopped) {
      if (!stopped) accept();
    }));
  }

  void add(Tcp::socket socket) {
    ErrorCode error;
    const auto peer = socket.remote_endpoint(error);
    const auto client = error ? std::nullopt : address_of(peer);
    if (!client) return;  // it has left
    socket.set_option(Tcp::no_delay(true), error);
    const std::uint64_t id = ++last_id;
    connections.emplace(id, GitConnection::open(parts, std::move(socket), *client,
                                                held([this, id] { on_closed(id); })));
  }

  // Whoever holds a connection and asks nothing gives way to whoever comes.
  bool make_room() {
    const auto idle =
        std::ranges::find_if(connections, [](const auto& one) { return one.second->waits(); });
    if (idle == connections.end()) return false;
    idle->second->drop();
    connections.erase(idle);
    return true;
  }

  void on_closed(std::uint64_t id) {
    connections.erase(id);
    if (std::exchange(is_full, false)) accept();
  }

  std::weak_ptr<Impl> self;
  GitHttpParts parts;
  Tcp::acceptor acceptor;
  asio::steady_timer retry;
  std::map<std::uint64_t, std::shared_ptr<GitConnection>> connections;
  std::uint64_t last_id = 0;
  bool is_full = false;  // of requests: the next one to close goes on accepting
};

GitHttp::GitHttp(asio::io_context& context, os::Fd listener, GitHttpSettings settings,
                 GitAuthorize authorize)
    : impl_(std::make_shared<Impl>(context, std::move(settings), std::move(authorize))) {
  impl_->self = impl_;
  const auto address = os::local_address(listener.get());
  const bool is_ipv4 = address && address->family == Family::ipv4;
  ErrorCode error;
  impl_->acceptor.assign(is_ipv4 ? Tcp::v4() : Tcp::v6(), listener.get(), error);
  if (error) {
    impl_->parts.complain(fmt::format("pushes by HTTP: {}", error.message()));
    return;  // livefix serves without it
  }
  listener.release();
  impl_->acceptor.non_blocking(true, error);
  impl_->accept();
}

GitHttp::~GitHttp() = default;

std::optional<std::string> plain_http_warning(const Address& listened_at) {
  if (listened_at.is_loopback()) return std::nullopt;
  return fmt::format(
      "pushes at {} are plain HTTP: tokens and code can be read on the way; listen at 127.0.0.1 "
      "and put TLS in front",
      listened_at.to_string());
}

}  // namespace livefix::control
