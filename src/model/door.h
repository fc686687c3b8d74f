// How clients come in at a public address.
#pragma once

namespace livefix {

struct Door {
  bool tls = false;
  bool proxy_protocol = false;  // each connection begins with a PROXY header

  friend bool operator==(const Door&, const Door&) = default;
};

}  // namespace livefix
