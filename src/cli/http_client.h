// Requests to a livefix elsewhere, each on a connection of its own: plain, or with TLS whose
// certificate is verified. Blocks. OpenSSL and Beast's parser are behind it, in one translation
// unit.
//
// libcurl would know proxies and more; one more library in the binary for three small requests was
// not worth it, and pushes themselves go through Git, which has it.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "cli/push_target.h"

namespace livefix::cli {

struct HttpRequest {
  std::string method = "GET";
  std::string path;               // "/shop.git/info/refs"
  int file = -1;                  // what is sent, from where it stands; -1: nothing
  std::uint64_t size = 0;         // of that, bytes
  Milliseconds patience{60'000};  // without a byte from the other side, or to it
};

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

// With the target's token as Bearer. A body is sent when the server wants it ("100-continue"), so
// that a refusal costs nothing. The error is a sentence: nobody answers there, or not in HTTP.
Result<HttpAnswer> send_http(const PushTarget& target, const HttpRequest& request);

}  // namespace livefix::cli
