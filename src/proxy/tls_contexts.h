// The certificates of the proxy, ready for handshakes: which one is shown to whom, and what is
// negotiated. Made by the main thread when the files change, then constant and shared by the
// workers; a connection holds on to those that it began with.
//
// Profile: TLS 1.2 with ephemeral keys and authenticated encryption, and TLS 1.3; no
// renegotiation, no compression; HTTP/2 before HTTP/1.1.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/tls_identities.h"

namespace livefix::proxy {

// What tickets are sealed with, so that a session can be taken up again after the certificates
// have been read anew. Secret; lives as long as the process.
using TicketKey = std::array<unsigned char, 80>;
Result<TicketKey> make_ticket_key();

class TlsContexts {
 public:
  // The error says which identity it is about.
  static Result<std::shared_ptr<const TlsContexts>> make(const TlsIdentities& identities,
                                                         const TicketKey& ticket_key);
  TlsContexts(const TlsContexts&) = delete;
  TlsContexts& operator=(const TlsContexts&) = delete;

  // For a connection of a client; nullptr when there is no memory. This must outlive it.
  SSL* new_session() const;

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  using Context = std::unique_ptr<SSL_CTX, FreeContext>;
  struct Entry {
    std::vector<std::string> names;  // lower case
    Context context;
  };

  TlsContexts() = default;
  Result<Entry> make_entry(const TlsIdentity& identity, const TicketKey& ticket_key);
  SSL_CTX* find(std::string_view name) const;
  static int on_server_name(SSL* session, int* alert, void* self);

  std::vector<Entry> entries_;
};

}  // namespace livefix::proxy
