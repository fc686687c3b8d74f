// What binds an event to all before it. docs/ledger.md has the encoding for others to compute; it
// is fixed for ever: what is written once has to verify in ten years.
#pragma once

#include <string>
#include <string_view>

#include "ledger/event.h"

namespace livefix::ledger {

// SHA-256 over the event's fields, its own `hash` excepted. Fails only when OpenSSL has no SHA-256,
// or no memory.
Result<Hash> hash_of(const Event& event);

std::string to_hex(const Hash& hash);

// "12:9f86d0...", as people keep a head to compare with later.
std::string head_text(const Head& head);
// The error is a sentence that says how a head is written.
Result<Head> parse_head(std::string_view text);

}  // namespace livefix::ledger
