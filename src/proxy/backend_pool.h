// Idle connections to one address of one generation. The one that was used last is taken first:
// it is the least likely to have been closed, and the others can go.
#pragma once

#include "proxy/backend_connection.h"

namespace livefix::proxy {

class BackendPool {
 public:
  // nullptr when there is none. With `checked` it has been seen to be alive just now.
  BackendConnection* take(bool checked);
  void put(BackendConnection& connection, Milliseconds longest);
  void clear();

 private:
  IntrusiveList<BackendConnection, BackendsTag> idle_;
};

}  // namespace livefix::proxy
