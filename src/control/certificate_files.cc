#include "control/certificate_files.h"

#include <cstring>

#include "os/small_file.h"

namespace livefix::control {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;

Result<std::string> read_file(const std::string& path) {
  auto text = os::read_small_file(path, kLargestFile);
  if (text) return text;
  const Error& error = text.error();
  return fail("{}: {}", path,
              error.os_error != 0 ? std::strerror(error.os_error) : error.message.c_str());
}

}  // namespace

CertificateFiles::Stamp CertificateFiles::Stamp::of(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) < 0) return {};
  return {info.st_ino, info.st_size, info.st_mtim};
}

bool CertificateFiles::Stamp::operator==(const Stamp& other) const {
  return file == other.file && size == other.size && modified.tv_sec == other.modified.tv_sec &&
         modified.tv_nsec == other.modified.tv_nsec;
}

std::vector<CertificateFiles::Stamp> CertificateFiles::look() const {
  std::vector<Stamp> stamps;
  for (const CertificateSpec& one : certificates_) {
    stamps.push_back(Stamp::of(one.certificate));
    stamps.push_back(Stamp::of(one.key));
  }
  return stamps;
}

bool CertificateFiles::changed() const {
  return look() != seen_;
}

Result<TlsIdentities> CertificateFiles::read() {
  seen_ = look();
  TlsIdentities identities;
  for (const CertificateSpec& one : certificates_) {
    auto certificate = read_file(one.certificate);
    if (!certificate) return std::unexpected(certificate.error());
    auto key = read_file(one.key);
    if (!key) return std::unexpected(key.error());
    identities.identities.push_back(
        {one.certificate, one.names, std::move(*certificate), std::move(*key)});
  }
  return identities;
}

}  // namespace livefix::control
