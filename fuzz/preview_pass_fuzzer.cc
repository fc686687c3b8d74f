// What strangers say to be shown a release: the pass of a field or a cookie, and targets with one.
//   - Only what was signed is taken for a pass.
//   - A link leads to the same host, and has no pass in it any more.
#include <string>

#include "fuzz_check.h"
#include "http/preview_link.h"
#include "model/preview_pass.h"

namespace {

constexpr std::string_view kKey =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1'764'180'000}};

void check_pass(std::string_view text) {
  const auto pass = livefix::read_preview(kKey, "shop", text, kNow);
  if (pass) check(livefix::sign_preview(kKey, "shop", *pass) == text);
}

void check_link(std::string_view target) {
  const auto link = livefix::http::preview_link(target);
  if (!link) return;
  check(link->place.starts_with('/'));
  check(link->place.size() < 2 || (link->place[1] != '/' && link->place[1] != '\\'));
  check(link->place.size() <= target.size());
  check(!livefix::http::preview_link(link->place));
  check_pass(link->pass);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_pass(view(data, size));
  check_link(view(data, size));
  return 0;
}
