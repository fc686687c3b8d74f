#include "http/route_pattern.h"

#include <algorithm>
#include <cstring>

namespace livefix::http {
namespace {

enum Kind : std::uint8_t { digit, hex, letter, mark, strange };

constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  kinds.fill(strange);
  for (unsigned c = 'a'; c <= 'z'; ++c) kinds[c] = kinds[c - 'a' + 'A'] = c <= 'f' ? hex : letter;
  for (unsigned c = '0'; c <= '9'; ++c) kinds[c] = digit;
  for (const char c : {'-', '.', '_'}) kinds[static_cast<unsigned char>(c)] = mark;
  // Words of some interfaces: /v1/jobs:run, /~anna, /a+b, /(group), /en,de, /$metadata.
  for (const char c : {':', '~', '+', '(', ')', ',', ';', '!', '$', '*'}) {
    kinds[static_cast<unsigned char>(c)] = letter;
  }
  return kinds;
}();

// How many bytes of each kind, each in a part of its own: to count in memory takes four times as
// long, since each byte waits for the one before.
constexpr unsigned kBits = 12;
constexpr std::size_t kMostCounted = (1 << kBits) - 1;
constexpr std::array<std::uint64_t, 256> kOneOfKind = [] {
  std::array<std::uint64_t, 256> ones{};
  for (unsigned c = 0; c < ones.size(); ++c) ones[c] = std::uint64_t{1} << (kBits * kKinds[c]);
  return ones;
}();

constexpr std::uint64_t kHashStart = 0xcbf29ce484222325;
constexpr std::uint64_t kHashPrime = 0x9e3779b97f4a7c15;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t bytes) {
  hash = (hash ^ bytes) * kHashPrime;
  return hash ^ (hash >> 32);
}

// Eight bytes at a time. What is hashed is the pieces, so that all routes are taken apart alike.
std::uint64_t hash_of(std::string_view piece, std::uint64_t hash) {
  hash = mixed(hash, piece.size());
  for (; piece.size() >= 8; piece.remove_prefix(8)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, piece.data(), 8);
    hash = mixed(hash, bytes);
  }
  std::uint64_t rest = 0;
  for (const char c : piece) rest = rest << 8 | static_cast<unsigned char>(c);
  return mixed(hash, rest);
}

bool is_uuid(std::string_view text) {
  return text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' &&
         text[23] == '-';
}

}  // namespace

bool looks_like_id(std::string_view segment) {
  std::uint64_t sum = 0;
  for (const char c : segment.substr(0, kMostCounted)) {
    sum += kOneOfKind[static_cast<unsigned char>(c)];
  }
  std::array<std::size_t, 5> count{};
  for (unsigned kind = 0; kind < count.size(); ++kind) {
    count[kind] = (sum >> (kBits * kind)) & kMostCounted;
  }
  if (count[strange] > 0) return true;
  if (count[digit] == 0) return false;
  if (count[hex] + count[letter] == 0) return true;
  if (count[letter] == 0 && count[mark] == 0 && segment.size() >= 8) return true;
  if (count[letter] == 0 && is_uuid(segment)) return true;
  return segment.size() >= 20 && count[digit] >= 4;
}

std::string_view RoutePattern::path_of(std::string_view target) {
  if (!target.starts_with('/')) {
    const auto authority = target.find("://");
    if (authority != std::string_view::npos) {
      target.remove_prefix(authority + 3);
      target.remove_prefix(std::min(target.size(), target.find_first_of("/?#")));
    }
  }
  // Twice find() is quicker than find_first_of(), which searches the set for each byte.
  target = target.substr(0, target.find('?'));
  return target.substr(0, target.find('#'));
}

void RoutePattern::set(std::string_view text) {
  clear();
  while (!text.empty()) {
    const bool is_slash = text.starts_with('/');
    const auto piece = text.substr(0, is_slash ? 1 : text.find('/'));
    append(piece);
    text.remove_prefix(piece.size());
  }
}

void RoutePattern::clear() {
  size_ = 0;
  full_ = false;
  hash_ = kHashStart;
}

void RoutePattern::append(std::string_view piece) {
  if (full_) return;
  full_ = size_ + piece.size() > kMaxBytes;
  if (full_) piece = "...";
  std::memcpy(text_.data() + size_, piece.data(), piece.size());
  size_ = static_cast<std::uint8_t>(size_ + piece.size());
  hash_ = hash_of(piece, hash_);
}

}  // namespace livefix::http
