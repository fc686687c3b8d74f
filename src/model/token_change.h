// What `livefix token` did to the tokens: their journal. It lies in the file with them, so that a
// change and the word of it are there together or not at all; control takes it into the ledger
// (control/token_records), from where it is never lost again. No secret and no digest is in it.
// Values and their JSON (docs/control-api.md).
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/token.h"

namespace livefix {

struct TokenChange {
  enum class What : std::uint8_t { add, remove };

  // 16 hexadecimal digits, never the same again, also where a backup of the file was put back and
  // its numbers are given a second time.
  std::string id;
  std::uint32_t number = 0;  // 1, 2, 3 and so on, for people
  std::string at;            // "2026-11-26T01:40:00Z"
  std::string who;           // a-z, A-Z, 0-9, '.', '_', '-'; 1 to 64
  What what = What::add;
  std::string token;          // its name
  Scope scope = Scope::push;  // the widest that it has, or had

  friend bool operator==(const TokenChange&, const TokenChange&) = default;
};

std::string_view name_of(TokenChange::What what);

// Older ones are dropped with the next change. A file has room for these beside its tokens.
inline constexpr std::size_t kMostTokenChanges = 1'000;

struct TokenRegister {
  std::vector<Token> tokens;
  std::vector<TokenChange> changes;  // newest last; empty: of an older livefix

  // With an id and a number of its own. `who` may be longer, and is cut. The error is that there
  // are no random numbers.
  Status note(TokenChange::What what, const Token& token, std::string_view who, std::string at);
};

// Of a file, "" is an empty one. The error is a sentence about the contents.
Result<TokenRegister> parse_token_register(std::string_view text);
std::string token_register_to_json(const TokenRegister& all);

}  // namespace livefix
