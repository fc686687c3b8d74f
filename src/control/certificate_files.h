// The files of the proxy's certificates: reads them for a proxy that may not, and finds out when
// they have changed (certbot and others replace them every few weeks). Owned by ServiceWorld.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "model/proxy_spec.h"
#include "model/tls_identities.h"

namespace livefix::control {

class CertificateFiles {
 public:
  // How often one should look.
  static constexpr Milliseconds kLookInterval{1000};

  explicit CertificateFiles(const std::vector<CertificateSpec>& certificates)
      : certificates_(certificates) {}

  bool empty() const { return certificates_.empty(); }
  // Since the last read(), successful or not. A file that is not there counts as one more state.
  bool changed() const;
  // The error names the file. Contents are checked by whoever uses them.
  Result<TlsIdentities> read();

 private:
  // What tells one state of a file from another, without reading it.
  struct Stamp {
    ino_t file = 0;
    off_t size = 0;
    timespec modified{};

    static Stamp of(const std::string& path);
    bool operator==(const Stamp& other) const;
  };
  std::vector<Stamp> look() const;

  const std::vector<CertificateSpec> certificates_;
  std::vector<Stamp> seen_;
};

}  // namespace livefix::control
