#include "ledger/event_hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <charconv>
#include <iterator>
#include <span>
#include <string_view>

namespace livefix::ledger {
namespace {

// Keeps these hashes apart from those of other things, and of other encodings to come.
constexpr std::string_view kTag = "livefix ledger 1";

void append_number(std::string& text, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    text.push_back(static_cast<char>((value >> shift) & 0xFF));
  }
}

// Each field comes behind its length, so that no two events give the same bytes.
void append_field(std::string& text, std::string_view field) {
  append_number(text, field.size());
  text.append(field);
}

void append_field(std::string& text, std::uint64_t value) {
  append_number(text, sizeof value);
  append_number(text, value);
}

std::string_view bytes_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace

Result<Hash> hash_of(const Event& event) {
  const Entry& entry = event.entry;
  std::string text;
  text.reserve(256 + entry.kind.size() + entry.actor.size() + entry.body.size());
  append_field(text, kTag);
  append_field(text, event.sequence);
  append_field(text, static_cast<std::uint64_t>(entry.time.time_since_epoch().count()));
  append_field(text, entry.kind);
  append_field(text, entry.actor);
  append_field(text, entry.body);
  append_field(text, bytes_of(event.previous));
  Hash hash{};
  if (EVP_Digest(text.data(), text.size(), hash.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return fail("event {}: OpenSSL cannot compute SHA-256; look at its configuration",
                event.sequence);
  }
  return hash;
}

std::string to_hex(const Hash& hash) {
  std::string text;
  for (const std::uint8_t byte : hash) text += fmt::format("{:02x}", byte);
  return text;
}

std::string head_text(const Head& head) {
  return fmt::format("{}:{}", head.sequence, to_hex(head.hash));
}

Result<Head> parse_head(std::string_view text) {
  Head head;
  const char* const end = text.data() + text.size();
  const auto sequence = std::from_chars(text.data(), end, head.sequence);
  bool fits = sequence.ec == std::errc{} && sequence.ptr != end && *sequence.ptr == ':' &&
              end - sequence.ptr == 1 + 2 * std::ssize(head.hash);
  const char* at = fits ? sequence.ptr + 1 : end;
  for (std::size_t i = 0; fits && i < head.hash.size(); ++i, at += 2) {
    const auto byte = std::from_chars(at, at + 2, head.hash.at(i), 16);
    fits = byte.ec == std::errc{} && byte.ptr == at + 2;
  }
  // Of a ledger without events the hash is all zeros, and there is no event to compare with.
  if (fits && (head.sequence > 0 || head == Head{})) return head;
  return fail(
      "\"{}\" is no head of a ledger; write SEQUENCE:HASH, as livefix audit verify prints "
      "it: a number, a colon and {} hexadecimal digits",
      text, 2 * head.hash.size());
}

}  // namespace livefix::ledger
