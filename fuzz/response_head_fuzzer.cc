// As request_head_fuzzer.cc, for responses.
#include <string>

#include "fuzz_check.h"
#include "http/response_composer.h"
#include "http/response_scanner.h"

using namespace livefix::http;

namespace {

void check_composed(const ResponseHead& head, std::size_t head_size, ResponseRewrite rewrite) {
  std::string out(head_size + kMaxResponseGrowth, '\0');
  out.resize(compose_response(head, rewrite, out));
  check(!out.empty());
  ResponseHead again;
  const auto outcome = scan_response(out, again);
  if (!std::holds_alternative<Complete>(outcome)) {
    check(head.fields.size() + 3 > FieldList::kMax || out.size() > kMaxHeadBytes);
    return;
  }
  check(std::get<Complete>(outcome).size == out.size());
  check(again.status == head.status && again.reason == head.reason);
  const bool unchunked = rewrite.unchunked && std::holds_alternative<ChunkedBody>(head.body);
  if (!unchunked) {
    check(body_of(again, Method::get).index() == body_of(head, Method::get).index());
  }
  check(again.keep_alive == (rewrite.connection != ClientConnectionField::close));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input = view(data + 2, size - 2);
  const std::size_t split = (static_cast<std::size_t>(data[0]) << 8 | data[1]) % (input.size() + 1);

  ResponseHead head;
  const auto part = scan_response(input.substr(0, split), head);
  const auto whole = scan_response(input, head);
  check(std::holds_alternative<NeedsMore>(part) || part.index() == whole.index());
  if (const auto* complete = std::get_if<Complete>(&whole)) {
    check(complete->size <= input.size() && complete->size <= kMaxHeadBytes);
    check_composed(head, complete->size, {});
    check_composed(head, complete->size, {ClientConnectionField::close, true});
  }
  return 0;
}
