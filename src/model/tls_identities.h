// What the proxy shows to clients that come by TLS. Control reads the files, since the proxy may
// not, and sends their content; the keeper keeps it for a proxy that starts later, unread.
#pragma once

#include <string>
#include <vector>

namespace livefix {

struct TlsIdentity {
  std::string label;               // for messages: the path of the certificate
  std::vector<std::string> names;  // "shop.example.com", "*.example.com"; empty: the certificate's
  std::string certificate;         // PEM, followed by its chain
  std::string key;                 // PEM, secret
};

// The first one is shown to who names none of them.
struct TlsIdentities {
  std::vector<TlsIdentity> identities;
};

}  // namespace livefix
