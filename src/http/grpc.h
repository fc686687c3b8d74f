// What a proxy has to know of gRPC (grpc.github.io/grpc/core: "gRPC over HTTP2"). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"

namespace livefix::http {

// Whether a Content-Type is one of gRPC. gRPC-Web is something else: it needs no HTTP/2, and its
// programs often have none.
bool is_grpc_type(std::string_view type);
// Whether it is a call, by its Content-Type.
bool is_grpc(const RequestHead& head);

// The code of gRPC for an answer of the proxy's own with that status. Clients call again what is
// UNAVAILABLE, so nothing is that may have been executed without an end in sight (504).
int grpc_code(int status);

// How the answer to a call ends: by grpc-status in its trailers, or in its head where that is all
// there is of it ("Trailers-Only").
class GrpcAnswer {
 public:
  // Nothing where an answer with that head is none of gRPC.
  static std::optional<GrpcAnswer> of(const ResponseHead& head);

  // The next byte of its trailers, lines with CRLF and the empty one at the end.
  void add_trailer(char c) { trailers_ += c; }

  // To be asked at its end. UNKNOWN (2) where it is no code; nothing: it does not say.
  std::optional<int> code() const;
  // What the program says about it: no control bytes; empty: nothing, or more than kMaxMessage.
  std::string message() const;

  static constexpr std::size_t kMaxMessage = 1024;

 private:
  GrpcAnswer() = default;

  std::string trailers_;  // behind what the head says of them
};

}  // namespace livefix::http
