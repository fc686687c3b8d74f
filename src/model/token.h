// Who may speak to livefix from elsewhere: tokens, of which only a digest is kept. Values and their
// JSON (docs/control-api.md); the file with them is read and written by control/token_file and
// cli/token_command.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace livefix {

// The file with the tokens, in the state directory, and how large it may be.
inline constexpr std::string_view kTokenFileName = "tokens";
inline constexpr std::size_t kMaxTokenFile = 1 << 20;

enum class Scope : std::uint8_t { read, push, admin };

std::string_view name_of(Scope scope);
std::optional<Scope> scope_named(std::string_view name);

struct Token {
  using Digest = std::array<std::uint8_t, 32>;  // SHA-256

  std::string name;  // "ci": [a-z0-9-]{1,64}
  std::vector<Scope> scopes;
  Digest digest{};
  std::string created;  // "2026-11-26T01:40:00Z"

  // What it gives is more than its scopes say: push reads as well, admin does everything.
  bool allows(Scope needed) const;
  // "push", "read, push".
  std::string scope_names() const;

  static bool is_name(std::string_view name);
  // A plain hash, without salt and stretching: these are for secrets that people choose, and this
  // one has 256 random bits.
  static Digest digest_of(std::string_view secret);
};

// "livefix_" and 64 hexadecimal digits, never the same again. The prefix is for those who search
// sources for secrets.
Result<std::string> make_token_secret();

// Of JSON; empty text is no token. The error is a sentence about the contents.
Result<std::vector<Token>> parse_tokens(std::string_view text);
std::string tokens_to_json(std::span<const Token> tokens);

// The token with that secret, or nullptr. Takes the same time whichever it is and however much of
// it is right.
const Token* find_token(std::span<const Token> tokens, std::string_view secret);

}  // namespace livefix
