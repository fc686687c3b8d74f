// What a proxy has to know of gRPC (grpc.github.io/grpc/core: "gRPC over HTTP2"). Pure.
#pragma once

#include "http/head.h"

namespace livefix::http {

// Whether it is a call, by its Content-Type. gRPC-Web is something else: it needs no HTTP/2, and
// its programs often have none.
bool is_grpc(const RequestHead& head);

// The code of gRPC for an answer of the proxy's own with that status. Clients call again what is
// UNAVAILABLE, so nothing is that may have been executed without an end in sight (504).
int grpc_code(int status);

}  // namespace livefix::http
