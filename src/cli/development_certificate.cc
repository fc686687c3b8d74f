#include "cli/development_certificate.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/address.h"
#include "os/file_replacement.h"
#include "os/small_file.h"

namespace livefix::cli {
namespace {

// Browsers take no longer ones, also those that their user trusts.
constexpr std::chrono::days kLasts{397};
constexpr std::chrono::days kRenewed{30};
constexpr std::size_t kLargestCertificate = 64 << 10;

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* value) const { Free(value); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION, X509_EXTENSION_free>>;
using AlternativeNames = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES, GENERAL_NAMES_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;

// A host without the brackets of IPv6.
std::string_view bare(std::string_view host) {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

bool is_address(std::string_view host) {
  return Address::parse_ip(bare(host), 0).has_value();
}

std::string alternative_names(const std::vector<std::string>& hosts) {
  std::string text;
  for (const std::string& host : hosts) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", is_address(host) ? "IP" : "DNS",
                        bare(host));
  }
  return text;
}

// By its spelling: what a wildcard covers is for clients to say.
bool has_name(X509* certificate, std::string_view host) {
  const AlternativeNames names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    const auto* const text = ASN1_STRING_get0_data(name->d.dNSName);
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName));
    if (std::string_view(reinterpret_cast<const char*>(text), size) == host) return true;
  }
  return false;
}

bool covers(X509* certificate, const std::string& host) {
  if (!is_address(host)) return has_name(certificate, host);
  return X509_check_ip_asc(certificate, std::string(bare(host)).c_str(), 0) == 1;
}

// nullptr when there is none, or none that OpenSSL can read.
template <class T, class Read>
auto read_pem(const std::string& path, Read read) {
  const auto text = os::read_small_file(path, kLargestCertificate);
  if (!text) return T();
  const Bio source(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  return T(read(source.get(), nullptr, nullptr, nullptr));
}

bool is_good(const DevelopmentCertificate& wanted, std::time_t now) {
  const auto certificate = read_pem<Certificate>(wanted.certificate, PEM_read_bio_X509);
  const auto key = read_pem<Key>(wanted.key, PEM_read_bio_PrivateKey);
  if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1) {
    return false;
  }
  std::time_t then = now + std::chrono::seconds(kRenewed).count();
  if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &then) != 1) return false;
  for (const std::string& host : wanted.names) {
    if (!covers(certificate.get(), host)) return false;
  }
  return true;
}

bool add_extension(X509* certificate, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  std::uint64_t serial = 0;
  return RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1;
}

Certificate sign(EVP_PKEY* key, const std::vector<std::string>& hosts, std::time_t now) {
  Certificate certificate(X509_new());
  X509* const one = certificate.get();
  constexpr long kVersion3 = 2;
  constexpr auto kHour = 3600;  // for clocks that differ
  X509_NAME* const name = X509_get_subject_name(one);
  const auto* const title = reinterpret_cast<const unsigned char*>("livefix development");
  const auto until = now + std::chrono::seconds(kLasts).count();
  const bool made = one && X509_set_version(one, kVersion3) == 1 && set_serial(one) &&
                    ASN1_TIME_set(X509_getm_notBefore(one), now - kHour) &&
                    ASN1_TIME_set(X509_getm_notAfter(one), until) &&
                    X509_set_pubkey(one, key) == 1 &&
                    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, title, -1, -1, 0) == 1 &&
                    X509_set_issuer_name(one, name) == 1 &&
                    // No authority: with its key nobody can sign a certificate for another host.
                    add_extension(one, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(one, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(one, NID_ext_key_usage, "serverAuth") &&
                    add_extension(one, NID_subject_alt_name, alternative_names(hosts)) &&
                    X509_sign(one, key, EVP_sha256()) > 0;
  return made ? std::move(certificate) : nullptr;
}

template <class Write>
std::string pem_of(Write write) {
  const Bio sink(BIO_new(BIO_s_mem()));
  if (!sink || write(sink.get()) != 1) return {};
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(sink.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::vector<std::string> names_of(const RunSpec& run) {
  std::vector<std::string> names{"localhost", "127.0.0.1", "[::1]"};
  for (const ServiceSpec& service : run.services) {
    for (const std::string& host : service.traffic.match.hosts) {
      if (std::ranges::find(names, host) == names.end()) names.push_back(host);
    }
  }
  return names;
}

Status write_file(const std::string& path, const std::string& text, mode_t mode) {
  std::error_code failure;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failure);
  const auto written = os::replace_file(path, text, mode);
  if (written) return {};
  return fail("{}: {}", path, std::strerror(written.error().os_error));
}

}  // namespace

Result<bool> ensure_development_certificate(const DevelopmentCertificate& wanted,
                                            std::chrono::system_clock::time_point now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  if (is_good(wanted, seconds)) return false;
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = key ? sign(key.get(), wanted.names, seconds) : nullptr;
  if (!certificate) return fail("{}: OpenSSL cannot make the certificate", wanted.certificate);
  const std::string key_text = pem_of([&](BIO* sink) {
    return PEM_write_bio_PrivateKey(sink, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  const std::string text =
      pem_of([&](BIO* sink) { return PEM_write_bio_X509(sink, certificate.get()); });
  // Whoever dies in between leaves two that do not belong together, which is seen the next time.
  if (const auto done = write_file(wanted.key, key_text, 0600); !done) {
    return std::unexpected(done.error());
  }
  if (const auto done = write_file(wanted.certificate, text, 0644); !done) {
    return std::unexpected(done.error());
  }
  return true;
}

Result<std::vector<DevelopmentCertificate>> prepare_development_certificates(
    RunSpec& run, std::chrono::system_clock::time_point now) {
  // Beside run/NAME, which goes with the run.
  const auto state = std::filesystem::path(run.run_directory).parent_path().parent_path();
  std::vector<DevelopmentCertificate> made;
  int count = 0;
  for (CertificateSpec& one : run.proxy.certificates) {
    if (!one.is_development) continue;
    const std::string stem =
        state / "tls" / (++count == 1 ? run.name : fmt::format("{}-{}", run.name, count));
    DevelopmentCertificate wanted{stem + ".pem", stem + ".key", one.names};
    if (wanted.names.empty()) wanted.names = names_of(run);
    const auto is_new = ensure_development_certificate(wanted, now);
    if (!is_new) return std::unexpected(is_new.error());
    one.certificate = wanted.certificate;
    one.key = wanted.key;
    if (*is_new) made.push_back(std::move(wanted));
  }
  return made;
}

}  // namespace livefix::cli
