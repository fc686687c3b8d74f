#include "proxy/tls_contexts.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cctype>

namespace livefix::proxy {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Certificate = std::unique_ptr<X509, FreeCertificate>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

Bio reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask for the pass phrase on the terminal.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason ? reason : "unknown error";
}

std::string lowercase(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* alternatives = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives, i);
    if (name->type != GEN_DNS) continue;
    const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    names.push_back(
        lowercase({bytes, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))}));
  }
  GENERAL_NAMES_free(alternatives);
  return names;
}

Status use_certificate(SSL_CTX* context, const TlsIdentity& identity, Certificate& leaf) {
  const Bio text = reader(identity.certificate);
  leaf.reset(PEM_read_bio_X509(text.get(), nullptr, no_pass_phrase, nullptr));
  if (!leaf) return fail("there is no certificate in it ({})", openssl_reason());
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    return fail("the certificate cannot be used ({})", openssl_reason());
  }
  while (const Certificate next{PEM_read_bio_X509(text.get(), nullptr, no_pass_phrase, nullptr)}) {
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) {
      return fail("a certificate of its chain cannot be used ({})", openssl_reason());
    }
  }
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  // The end of the file is told in the same way as a broken certificate.
  const bool is_end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (error != 0 && !is_end) return fail("a certificate of its chain is malformed");
  return {};
}

Status use_key(SSL_CTX* context, const TlsIdentity& identity) {
  const Bio text = reader(identity.key);
  const Key key(PEM_read_bio_PrivateKey(text.get(), nullptr, no_pass_phrase, nullptr));
  if (!key) {
    return fail("its key cannot be read ({}); it must be PEM without a pass phrase",
                openssl_reason());
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return fail("its key belongs to another certificate");
  }
  return {};
}

int on_protocols(SSL*, const unsigned char** chosen, unsigned char* size,
                 const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kOurs[] = "\x02h2\x08http/1.1";
  unsigned char* protocol = nullptr;
  if (SSL_select_next_proto(&protocol, size, kOurs, sizeof kOurs - 1, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 section 3.2
  }
  *chosen = protocol;
  return SSL_TLSEXT_ERR_OK;
}

Status set_profile(SSL_CTX* context, const TicketKey& ticket_key) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets need no memory
  SSL_CTX_set_alpn_select_cb(context, on_protocols, nullptr);
  constexpr unsigned char kSessionContext[] = "livefix";
  auto keys = ticket_key;  // OpenSSL wants to be able to change them
  const bool done =
      SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
      SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL:!aPSK") == 1 &&
      SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
      SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1) == 1 &&
      SSL_CTX_set_tlsext_ticket_keys(context, keys.data(), keys.size()) == 1;
  if (!done) return fail("OpenSSL does not take the profile ({})", openssl_reason());
  return {};
}

// RFC 6125 section 6.4.3: a wildcard is a whole label, and stands for one.
bool covers(std::string_view pattern, std::string_view name) {
  if (!pattern.starts_with("*.")) return false;
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && dot > 0 && name.substr(dot) == pattern.substr(1);
}

}  // namespace

Result<TicketKey> make_ticket_key() {
  TicketKey key;
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    return fail("no random numbers for TLS tickets ({})", openssl_reason());
  }
  return key;
}

Result<std::shared_ptr<const TlsContexts>> TlsContexts::make(const TlsIdentities& identities,
                                                             const TicketKey& ticket_key) {
  if (identities.identities.empty()) return fail("there is no certificate");
  std::shared_ptr<TlsContexts> contexts(new TlsContexts);
  for (const TlsIdentity& identity : identities.identities) {
    auto entry = contexts->make_entry(identity, ticket_key);
    if (!entry) return fail("{}: {}", identity.label, entry.error().message);
    contexts->entries_.push_back(std::move(*entry));
  }
  return contexts;
}

Result<TlsContexts::Entry> TlsContexts::make_entry(const TlsIdentity& identity,
                                                   const TicketKey& ticket_key) {
  Entry entry{.names = {}, .context = Context(SSL_CTX_new(TLS_server_method()))};
  SSL_CTX* const context = entry.context.get();
  if (!context) return fail("OpenSSL has no memory");
  Certificate leaf;
  for (const Status& done :
       {set_profile(context, ticket_key), use_certificate(context, identity, leaf),
        use_key(context, identity)}) {
    if (!done) return std::unexpected(done.error());
  }
  for (const std::string& name : identity.names) entry.names.push_back(lowercase(name));
  if (entry.names.empty()) entry.names = names_of(leaf.get());
  // What the macro of OpenSSL does, without its cast in the style of C.
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(on_server_name));
  SSL_CTX_set_tlsext_servername_arg(context, this);
  return entry;
}

SSL* TlsContexts::new_session() const {
  return SSL_new(entries_.front().context.get());
}

SSL_CTX* TlsContexts::find(std::string_view name) const {
  SSL_CTX* wildcard = nullptr;
  for (const Entry& entry : entries_) {
    for (const std::string& pattern : entry.names) {
      if (pattern == name) return entry.context.get();
      if (!wildcard && covers(pattern, name)) wildcard = entry.context.get();
    }
  }
  return wildcard;
}

int TlsContexts::on_server_name(SSL* session, int*, void* self) {
  const char* name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  if (SSL_CTX* context = static_cast<const TlsContexts*>(self)->find(lowercase(name))) {
    SSL_set_SSL_CTX(session, context);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;  // the first one, and the client decides what it thinks of it
}

}  // namespace livefix::proxy
