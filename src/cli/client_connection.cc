#include "cli/client_connection.h"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdlib>
#include <utility>

#include "base/address.h"

namespace livefix::cli {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

Result<os::Fd> connect_to(const addrinfo& address, Milliseconds patience) {
  os::Fd socket(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno("socket");
  // Of connect(2), too (socket(7)).
  const timeval limit{.tv_sec = patience.count() / 1000,
                      .tv_usec = (patience.count() % 1000) * 1000};
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(socket.get(), address.ai_addr, address.ai_addrlen) < 0) {
    if (errno == EINPROGRESS) errno = ETIMEDOUT;
    return fail_errno("it cannot be connected to");
  }
  return socket;
}

Result<os::Fd> connect_to(const PushTarget& target, Milliseconds patience) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &wanted, &found);
  if (failed != 0) return fail("its address is not to be found: {}", gai_strerror(failed));
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  Result<os::Fd> socket = fail("it has no address");
  for (const addrinfo* one = list.get(); one && !socket; one = one->ai_next) {
    socket = connect_to(*one, patience);
  }
  return socket;
}

std::string tls_problem(const SSL* ssl) {
  if (const long verified = SSL_get_verify_result(ssl); verified != X509_V_OK) {
    return fmt::format("its certificate is not to be trusted: {}",
                       X509_verify_cert_error_string(verified));
  }
  const auto code = ERR_get_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return fmt::format("TLS fails: {}", reason ? reason : "it ended");
}

}  // namespace

struct ClientConnection::Tls {
  struct Free {
    void operator()(SSL_CTX* one) const { SSL_CTX_free(one); }
    void operator()(SSL* one) const { SSL_free(one); }
  };

  std::unique_ptr<SSL_CTX, Free> context{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<SSL, Free> ssl{};

  Status begin(int socket, const std::string& host);
};

Status ClientConnection::Tls::begin(int socket, const std::string& host) {
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_default_verify_paths(context.get());
  const char* authorities = std::getenv("GIT_SSL_CAINFO");
  if (authorities && *authorities &&
      SSL_CTX_load_verify_locations(context.get(), authorities, nullptr) != 1) {
    return fail("GIT_SSL_CAINFO: {} has no certificates; name a PEM file", authorities);
  }
  ssl.reset(SSL_new(context.get()));
  if (Address::parse_ip(host, 0)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str());
  } else {
    SSL_set1_host(ssl.get(), host.c_str());
    // SSL_set_tlsext_host_name(), whose macro has a cast of C.
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));
  }
  if (SSL_set_fd(ssl.get(), socket) != 1 || SSL_connect(ssl.get()) != 1) {
    return fail("{}", tls_problem(ssl.get()));
  }
  return {};
}

ClientConnection::ClientConnection(os::Fd socket, std::unique_ptr<Tls> tls)
    : socket_(std::move(socket)), tls_(std::move(tls)) {}
ClientConnection::ClientConnection(ClientConnection&&) noexcept = default;
ClientConnection::~ClientConnection() = default;

Result<ClientConnection> ClientConnection::open(const PushTarget& target, Milliseconds patience) {
  auto socket = connect_to(target, patience);
  if (!socket) return std::unexpected(socket.error());
  std::unique_ptr<Tls> tls;
  if (target.is_tls) {
    tls = std::make_unique<Tls>();
    if (const auto begun = tls->begin(socket->get(), target.host); !begun) {
      return std::unexpected(begun.error());
    }
  }
  return ClientConnection(std::move(*socket), std::move(tls));
}

Status ClientConnection::write(std::span<const char> bytes) {
  while (!bytes.empty()) {
    std::size_t size = 0;
    if (tls_) {
      if (SSL_write_ex(tls_->ssl.get(), bytes.data(), bytes.size(), &size) != 1) {
        return fail("{}", tls_problem(tls_->ssl.get()));
      }
    } else {
      const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return fail_errno("it takes no more");
      size = static_cast<std::size_t>(sent);
    }
    bytes = bytes.subspan(size);
  }
  return {};
}

Result<std::size_t> ClientConnection::read(std::span<char> into) {
  if (tls_) {
    std::size_t size = 0;
    if (SSL_read_ex(tls_->ssl.get(), into.data(), into.size(), &size) == 1) return size;
    if (SSL_get_error(tls_->ssl.get(), 0) == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
    return fail("{}", tls_problem(tls_->ssl.get()));
  }
  ssize_t size = 0;
  do {
    size = recv(socket_.get(), into.data(), into.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size >= 0) return static_cast<std::size_t>(size);
  if (errno == EAGAIN || errno == EWOULDBLOCK) errno = ETIMEDOUT;
  return fail_errno("it does not answer");
}

}  // namespace livefix::cli
