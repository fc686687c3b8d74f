#include "ledger/event.h"

#include <algorithm>

#include "base/utf8.h"

namespace livefix::ledger {
namespace {

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

// Where the text stops to be UTF-8, or holds a NUL: JSON has none, and tools of SQLite end there.
std::optional<std::size_t> find_bad_byte(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint next = decode_utf8(text.substr(at));
    if (next.size == 0 || next.value == 0) return at;
    at += next.size;
  }
  return std::nullopt;
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; });
}

}  // namespace

Status check(const Entry& entry) {
  if (!is_word(entry.kind) || entry.kind.size() > kLongestKind) {
    return fail(
        "an event of {} bytes of kind: it has to be a word of a-z, 0-9, '.', '-' and '_' of "
        "at most {} bytes",
        entry.kind.size(), kLongestKind);
  }
  if (entry.actor.empty() || entry.actor.size() > kLongestActor || find_bad_byte(entry.actor) ||
      has_control_character(entry.actor)) {
    return fail(
        "an event `{}` with an actor of {} bytes: it has to be 1 to {} bytes of UTF-8 "
        "without control characters",
        entry.kind, entry.actor.size(), kLongestActor);
  }
  if (entry.body.size() > kLongestBody) {
    return fail("an event `{}` with a body of {} bytes: at most {} go into the ledger; record less",
                entry.kind, entry.body.size(), kLongestBody);
  }
  if (const auto bad = find_bad_byte(entry.body)) {
    return fail("an event `{}` whose body is no JSON: byte {} of it is 0 or not UTF-8", entry.kind,
                *bad);
  }
  return {};
}

}  // namespace livefix::ledger
