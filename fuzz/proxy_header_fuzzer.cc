// The first two bytes choose where the input is split; the rest is a PROXY header and what follows
// it.
//   - A part of the input gives the outcome of the whole, or asks for more.
//   - What is beyond the header has no say.
//   - The endpoints, written as version 2 with a checksum, are the same when they are read again.
#include <algorithm>
#include <string>

#include "fuzz_check.h"
#include "http/crc32c.h"
#include "http/proxy_header.h"

using namespace livefix;
using namespace livefix::http;

namespace {

struct Seen {
  ScanOutcome outcome;
  ProxyHeader header;
};

Seen scan(std::string_view input) {
  Seen seen;
  seen.outcome = scan_proxy_header(input, seen.header);
  return seen;
}

bool same(const std::optional<ProxiedEndpoints>& a, const std::optional<ProxiedEndpoints>& b) {
  if (!a || !b) return !a && !b;
  return a->source == b->source && a->destination == b->destination;
}

bool same(const Seen& a, const Seen& b) {
  if (a.outcome.index() != b.outcome.index()) return false;
  if (const auto* complete = std::get_if<Complete>(&a.outcome)) {
    return complete->size == std::get<Complete>(b.outcome).size &&
           same(a.header.endpoints, b.header.endpoints);
  }
  if (const auto* refusal = std::get_if<Refusal>(&a.outcome)) {
    check(refusal->status == 400 && !refusal->reason.empty());
    return refusal->reason == std::get<Refusal>(b.outcome).reason;
  }
  return true;
}

template <class Number>
void append(std::string& out, Number number) {
  for (std::size_t i = sizeof number; i-- > 0;) out += static_cast<char>(number >> (8 * i) & 0xff);
}

std::string compose(const ProxiedEndpoints& endpoints) {
  const bool ipv4 = endpoints.source.family == Family::ipv4;
  const std::size_t ip_bytes = ipv4 ? 4 : 16;
  std::string out("\r\n\r\n\0\r\nQUIT\n\x21", 13);
  out += ipv4 ? '\x11' : '\x21';
  append(out, static_cast<std::uint16_t>(2 * ip_bytes + 4 + 7));
  for (const Address* address : {&endpoints.source, &endpoints.destination}) {
    out.append(address->bytes.begin(), address->bytes.begin() + ip_bytes);
  }
  append(out, endpoints.source.port);
  append(out, endpoints.destination.port);
  out.append("\x03\x00\x04", 3);
  Crc32c crc;
  crc.add(out);
  crc.add({"\0\0\0\0", 4});
  append(out, crc.value());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input = view(data + 2, size - 2);
  const std::size_t split = (static_cast<std::size_t>(data[0]) << 8 | data[1]) % (input.size() + 1);

  const Seen part = scan(input.substr(0, split));
  const Seen whole = scan(input);
  check(std::holds_alternative<NeedsMore>(part.outcome) || same(part, whole));
  check(!std::holds_alternative<NeedsMore>(whole.outcome) || input.size() < kMaxProxyHeaderBytes);

  const auto* complete = std::get_if<Complete>(&whole.outcome);
  if (complete == nullptr) return 0;
  check(complete->size > 0 && complete->size <= std::min(input.size(), kMaxProxyHeaderBytes));
  check(same(scan(input.substr(0, complete->size)), whole));
  check(std::holds_alternative<NeedsMore>(scan(input.substr(0, complete->size - 1)).outcome));
  if (!whole.header.endpoints) return 0;
  check(whole.header.endpoints->source.family == whole.header.endpoints->destination.family);
  const Seen again = scan(compose(*whole.header.endpoints));
  check(std::holds_alternative<Complete>(again.outcome));
  check(same(again.header.endpoints, whole.header.endpoints));
  return 0;
}
