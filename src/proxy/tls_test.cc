// TLS and the PROXY protocol at the proxy's doors, with OpenSSL as the client.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "model/codec.h"
#include "model/tls_identities.h"
#include "proxy/proxy_harness.h"
#include "proxy/test_certificates.h"

namespace livefix::proxy::testing {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct FreeSession {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, FreeSession>;

// A blocking client.
class TlsPeer {
 public:
  struct Options {
    std::string name{};
    std::string protocols{};  // as ALPN has them: "\x02h2"
    int version = 0;          // the highest; 0: any
    SSL_SESSION* resume = nullptr;
  };

  TlsPeer(Peer peer, const Options& options) : peer_(std::move(peer)) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (options.version) SSL_CTX_set_max_proto_version(context_.get(), options.version);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), peer_.fd());
    if (!options.name.empty()) {
      SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(options.name.c_str()));
    }
    if (!options.protocols.empty()) {
      SSL_set_alpn_protos(ssl_.get(),
                          reinterpret_cast<const unsigned char*>(options.protocols.data()),
                          static_cast<unsigned>(options.protocols.size()));
    }
    if (options.resume) SSL_set_session(ssl_.get(), options.resume);
    connected_ = SSL_connect(ssl_.get()) == 1;
    ERR_clear_error();
  }

  bool connected() const { return connected_; }
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  // For another connection; this one ends, or OpenSSL would not use it again.
  Session end_session() {
    SSL_shutdown(ssl_.get());
    return Session(SSL_get1_session(ssl_.get()));
  }
  std::string version() const { return SSL_get_version(ssl_.get()); }
  std::string shown_name() const {
    std::string name(64, '\0');
    X509* certificate = SSL_get1_peer_certificate(ssl_.get());
    const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                               name.data(), static_cast<int>(name.size()));
    X509_free(certificate);
    name.resize(static_cast<std::size_t>(std::max(size, 0)));
    return name;
  }

  bool send(std::string_view bytes) {
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
           static_cast<int>(bytes.size());
  }
  std::string read(std::size_t size) {
    while (buffer_.size() < size && fill()) {
    }
    return take(std::min(size, buffer_.size()));
  }
  std::string read_message() {
    while (buffer_.find("\r\n\r\n") == std::string::npos && fill()) {
    }
    const std::size_t at = buffer_.find("Content-Length: ");
    const std::size_t head = buffer_.find("\r\n\r\n") + 4;
    return read(at == std::string::npos ? head : head + std::stoul(buffer_.substr(at + 16)));
  }
  // The end came with a "close notify": nothing was cut off.
  bool ends_cleanly() {
    while (fill()) {
    }
    return SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN;
  }

 private:
  bool fill() {
    char bytes[16384];
    const int count = SSL_read(ssl_.get(), bytes, sizeof bytes);
    ERR_clear_error();
    if (count <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }
  std::string take(std::size_t size) {
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }

  Peer peer_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string buffer_;
  bool connected_ = false;
};

const TlsIdentity kShop{"shop.pem", {}, kShopCertificate, kShopKey};
const TlsIdentity kWild{"wild.pem", {}, kWildCertificate, kWildKey};

class Tls : public ::testing::Test {
 protected:
  Tls() : backend_(always("hello")) {}

  void show(const std::vector<TlsIdentity>& identities) {
    auto memory = os::create_sealed_memory("tls", codec::encode(TlsIdentities{identities}));
    ASSERT_TRUE(memory);
    const int fd = memory->get();
    proxy_.tell(link::UseTls{1}, {&fd, 1});
  }
  void serve(const Door& door, const std::vector<TlsIdentity>& identities) {
    show(identities);
    const auto answer = proxy_.next();
    ASSERT_TRUE(answer && std::holds_alternative<link::TlsInUse>(*answer));
    address_ = proxy_.open(door);
    proxy_.use({route(1, 100, address_.port, backend_.address())});
  }
  TlsPeer connect(const TlsPeer::Options& options = {}) {
    return TlsPeer(Peer::connect(address_), options);
  }

  ScriptedBackend backend_;
  ProxyHarness proxy_;
  Address address_;
};

TEST_F(Tls, RequestsAndAnswersGoThrough) {
  serve({.tls = true}, {kShop});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto client = connect({.name = "a.wild.test", .version = version});
    ASSERT_TRUE(client.connected());
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(client.send(get()));
      EXPECT_TRUE(client.read_message().ends_with("\r\n\r\nhello"));
    }
  }
}

TEST_F(Tls, TheProgramHearsOfIt) {
  ScriptedBackend echo([](Peer& peer) {
    const std::string head = peer.read_head();
    peer.send(ok(head));
  });
  serve({.tls = true}, {kShop});
  proxy_.use({route(2, 100, address_.port, echo.address())});
  auto client = connect();
  client.send(get());
  EXPECT_NE(client.read_message().find("X-Forwarded-Proto: https"), std::string::npos);
}

TEST_F(Tls, LargeAnswersComeWhole) {
  const std::string large(3'000'000, 'x');
  ScriptedBackend big(always(large));
  serve({.tls = true}, {kShop});
  proxy_.use({route(2, 100, address_.port, big.address())});
  auto client = connect();
  client.send(get());
  EXPECT_TRUE(client.read_message().ends_with("\r\n\r\n" + large));
}

TEST_F(Tls, OldVersionsAreRefused) {
  serve({.tls = true}, {kShop});
  EXPECT_FALSE(connect({.version = TLS1_1_VERSION}).connected());
}

TEST_F(Tls, TheNameChoosesTheCertificate) {
  serve({.tls = true}, {kShop, kWild});
  EXPECT_EQ(connect({.name = "shop.test"}).shown_name(), "shop");
  EXPECT_EQ(connect({.name = "A.Wild.test"}).shown_name(), "wild");
  EXPECT_EQ(connect({.name = "a.b.wild.test"}).shown_name(), "shop") << "one label, no more";
  EXPECT_EQ(connect({.name = "nobody.test"}).shown_name(), "shop") << "the first is the default";
  EXPECT_EQ(connect().shown_name(), "shop");
}

TEST_F(Tls, AWholeNameWinsOverAWildcard) {
  TlsIdentity exact = kShop;
  exact.names = {"a.wild.test"};
  serve({.tls = true}, {kWild, exact});
  EXPECT_EQ(connect({.name = "a.wild.test"}).shown_name(), "shop");
  EXPECT_EQ(connect({.name = "b.wild.test"}).shown_name(), "wild");
}

TEST_F(Tls, ConfiguredNamesTakeThePlaceOfTheCertificates) {
  TlsIdentity renamed = kWild;
  renamed.names = {"Other.test"};
  serve({.tls = true}, {kShop, renamed});
  EXPECT_EQ(connect({.name = "other.test"}).shown_name(), "wild");
  EXPECT_EQ(connect({.name = "a.wild.test"}).shown_name(), "shop");
}

TEST_F(Tls, SessionsAreTakenUpAgainAlsoAfterNewCertificates) {
  serve({.tls = true}, {kShop, kWild});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Session session;
    {
      auto first = connect({.name = "a.wild.test", .version = version});
      first.send(get());
      first.read_message();  // the ticket comes with it
      EXPECT_FALSE(first.resumed());
      session = first.end_session();
    }
    show({kShop, kWild});
    ASSERT_TRUE(proxy_.next());
    proxy_.use({route(1, 100, address_.port, backend_.address())});
    auto second = connect({.name = "a.wild.test", .version = version, .resume = session.get()});
    EXPECT_TRUE(second.resumed()) << second.version();
  }
}

TEST_F(Tls, NewCertificatesAreShownAndOldConnectionsStay) {
  serve({.tls = true}, {kShop});
  auto before = connect();
  show({kWild});
  ASSERT_TRUE(proxy_.next());
  proxy_.use({route(1, 100, address_.port, backend_.address())});
  EXPECT_EQ(connect().shown_name(), "wild");
  before.send(get());
  EXPECT_TRUE(before.read_message().ends_with("hello"));
}

TEST_F(Tls, ABadCertificateIsToldAndTheOldOneStays) {
  serve({.tls = true}, {kShop});
  const std::vector<std::pair<TlsIdentity, std::string>> bad = {
      {{"a.pem", {}, kShopCertificate, kWildKey}, "a.pem: its key belongs to another certificate"},
      {{"b.pem", {}, "nonsense", kWildKey}, "b.pem: there is no certificate in it"},
      {{"c.pem", {}, kShopCertificate, "nonsense"}, "c.pem: its key cannot be read"},
      {{"d.pem", {}, std::string(kShopCertificate) + "-----BEGIN CERTIFICATE-----\nx\n", kShopKey},
       "d.pem: a certificate of its chain is malformed"},
  };
  for (const auto& [identity, sentence] : bad) {
    show({identity});
    const auto answer = proxy_.next();
    ASSERT_TRUE(answer);
    const auto* refused = std::get_if<link::TlsRefused>(&*answer);
    ASSERT_TRUE(refused);
    EXPECT_TRUE(refused->reason.starts_with(sentence)) << refused->reason;
    EXPECT_EQ(refused->reason.find("PRIVATE"), std::string::npos);
  }
  EXPECT_EQ(connect().shown_name(), "shop");
}

TEST_F(Tls, AnUnknownProtocolIsRefused) {
  serve({.tls = true}, {kShop});
  EXPECT_FALSE(connect({.protocols = "\x04spdy"}).connected());
  EXPECT_TRUE(connect({.protocols = std::string("\x04spdy\x08http/1.1")}).connected());
}

TEST_F(Tls, Http2IsChosenAndServed) {
  serve({.tls = true}, {kShop});
  auto client = connect({.protocols = std::string("\x08http/1.1\x02h2")});
  ASSERT_TRUE(client.connected());
  client.send(std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") +
              std::string("\0\0\0\4\0\0\0\0\0", 9));
  const std::string frame = client.read(9);
  EXPECT_EQ(frame[3], 4) << "SETTINGS";
}

TEST_F(Tls, AnAnswerThatEndsWithTheConnectionEndsCleanly) {
  ScriptedBackend old([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.0 200 OK\r\n\r\nto the end");
  });
  serve({.tls = true}, {kShop});
  proxy_.use({route(2, 100, address_.port, old.address())});
  auto client = connect();
  client.send(get());
  EXPECT_TRUE(client.ends_cleanly());
}

TEST_F(Tls, ACutAnswerDoesNotEndCleanly) {
  ScriptedBackend liar([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ntoo short");
  });
  serve({.tls = true}, {kShop});
  proxy_.use({route(2, 100, address_.port, liar.address())});
  auto client = connect();
  client.send(get());
  EXPECT_FALSE(client.ends_cleanly());
}

TEST_F(Tls, NoTlsIsNoCrash) {
  serve({.tls = true}, {kShop});
  auto client = Peer::connect(address_);
  client.send(get());
  client.read_all();
  EXPECT_EQ(proxy_.sum(&WorkerCounters::refused), 1u);
  EXPECT_TRUE(connect().connected());
}

TEST_F(Tls, WhoIsSilentIsSentAway) {
  ProxySpec hasty;
  hasty.limits.head_time = Milliseconds{20};
  ProxyHarness proxy(1, hasty);
  auto memory = os::create_sealed_memory("tls", codec::encode(TlsIdentities{{kShop}}));
  const int fd = memory->get();
  proxy.tell(link::UseTls{1}, {&fd, 1});
  ASSERT_TRUE(proxy.next());
  auto client = Peer::connect(proxy.open({.tls = true}));
  EXPECT_TRUE(client.is_closed());
}

TEST_F(Tls, TheProxyHeaderSaysWhoTheClientIs) {
  ScriptedBackend echo([](Peer& peer) {
    while (true) {
      const std::string head = peer.read_head();
      if (head.empty() || !peer.send(ok(head))) return;
    }
  });
  for (const bool tls : {false, true}) {
    serve({.tls = tls, .proxy_protocol = true}, {kShop});
    proxy_.use({route(2, 100, address_.port, echo.address())});
    auto plain = Peer::connect(address_);
    const std::string header = "PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\n";
    plain.send(header.substr(0, 11));
    plain.send(header.substr(11) + (tls ? "" : get()));
    std::string head;
    if (tls) {
      TlsPeer client(std::move(plain), {});
      ASSERT_TRUE(client.connected());
      client.send(get());
      head = client.read_message();
    } else {
      head = plain.read_message();
    }
    EXPECT_NE(head.find("X-Forwarded-For: 203.0.113.7\r\n"), std::string::npos) << head;
  }
}

TEST_F(Tls, AStrangerMayNotSayWhoTheClientIs) {
  ProxySpec settings;
  settings.trusted = {*Network::parse("192.0.2.0/24")};
  ProxyHarness proxy(1, settings);
  auto client = Peer::connect(proxy.open({.proxy_protocol = true}));
  EXPECT_TRUE(client.is_closed());
}

TEST_F(Tls, AMissingProxyHeaderClosesTheConnection) {
  serve({.proxy_protocol = true}, {kShop});
  auto client = Peer::connect(address_);
  client.send(get());
  EXPECT_EQ(client.read_all(), "");
}

}  // namespace
}  // namespace livefix::proxy::testing
