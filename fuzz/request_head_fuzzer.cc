// The first two bytes choose where the input is split; the rest is a request head and what
// follows it.
//   - A part of the input gives the outcome of the whole, or asks for more.
//   - What is composed for the backend is a valid head with the same meaning.
#include <string>

#include "fuzz_check.h"
#include "http/preview_link.h"
#include "http/request_composer.h"
#include "http/request_scanner.h"

using namespace livefix::http;

namespace {

bool same(const ScanOutcome& a, const ScanOutcome& b) {
  if (a.index() != b.index()) return false;
  if (const auto* complete = std::get_if<Complete>(&a)) {
    return complete->size == std::get<Complete>(b).size;
  }
  if (const auto* refusal = std::get_if<Refusal>(&a)) {
    return refusal->status == std::get<Refusal>(b).status &&
           refusal->reason == std::get<Refusal>(b).reason;
  }
  return true;
}

void check_composed(const RequestHead& head, std::size_t head_size) {
  std::string out(head_size + kMaxRequestGrowth, '\0');
  out.resize(compose_request(head, {"2001:db8::1", "http", "localhost:3000"}, out));
  check(!out.empty());
  RequestHead again;
  const auto outcome = scan_request(out, again);
  // Our fields may be the ones that are too many.
  if (const auto* refusal = std::get_if<Refusal>(&outcome)) check(refusal->status == 431);
  if (!std::holds_alternative<Complete>(outcome)) return;
  check(std::get<Complete>(outcome).size == out.size());
  check(again.method_name == head.method_name);
  check(again.host ==
        (head.host.empty() && again.host == "localhost:3000" ? "localhost:3000" : head.host));
  check(again.body.index() == head.body.index());
  check(again.content_length == head.content_length);
  check(again.upgrade == head.upgrade);
  check(again.expects_continue == head.expects_continue || head.version == Version::http10);
  check(again.accepts_trailers == head.accepts_trailers);
  check(again.keep_alive);
  check(preview_pass(again).empty());  // programs see no passes
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input = view(data + 2, size - 2);
  const std::size_t split = (static_cast<std::size_t>(data[0]) << 8 | data[1]) % (input.size() + 1);

  RequestHead head;
  const auto part = scan_request(input.substr(0, split), head);
  const auto whole = scan_request(input, head);
  check(std::holds_alternative<NeedsMore>(part) || same(part, whole));
  if (const auto* complete = std::get_if<Complete>(&whole)) {
    check(complete->size <= input.size() && complete->size <= kMaxHeadBytes);
    if (head.method != Method::connect) check_composed(head, complete->size);
  }
  return 0;
}
