#include "proxy/backend_pool.h"

namespace livefix::proxy {

BackendConnection* BackendPool::take(bool checked) {
  while (BackendConnection* connection = idle_.front()) {
    connection->ListHook<BackendsTag>::unlink();
    if (!connection->stream().peer_is_leaving() && (!checked || connection->stream().is_quiet())) {
      return connection;
    }
    connection->close();
  }
  return nullptr;
}

void BackendPool::put(BackendConnection& connection, Milliseconds longest) {
  idle_.push_front(connection);
  connection.rest(longest);
}

void BackendPool::clear() {
  while (BackendConnection* connection = idle_.front()) connection->close();
}

}  // namespace livefix::proxy
