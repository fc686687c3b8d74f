#include "model/token.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <utility>

namespace livefix {
namespace {

namespace json = boost::json;

constexpr std::array kScopes{std::pair{Scope::read, std::string_view("read")},
                             std::pair{Scope::push, std::string_view("push")},
                             std::pair{Scope::admin, std::string_view("admin")}};
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxCreated = 32;

std::string to_hex(std::span<const std::uint8_t> bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

std::optional<Token::Digest> from_hex(std::string_view text) {
  Token::Digest digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char* const at = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(at, at + 2, digest[i], 16);
    if (error != std::errc{} || end != at + 2) return std::nullopt;
  }
  return digest;
}

std::string_view text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const json::string* text = value ? value->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

std::vector<Scope> scopes_of(const json::object& object) {
  std::vector<Scope> scopes;
  const json::value* value = object.if_contains("scopes");
  const json::array* list = value ? value->if_array() : nullptr;
  if (!list) return {};
  for (const json::value& one : *list) {
    const auto scope = one.is_string() ? scope_named(one.get_string()) : std::nullopt;
    if (!scope) return {};
    scopes.push_back(*scope);
  }
  return scopes;
}

Result<Token> parse_token(const json::value& value) {
  static const json::object kNone;
  const json::object& object = value.is_object() ? value.get_object() : kNone;
  const auto digest = from_hex(text_of(object, "sha256"));
  Token token{std::string(text_of(object, "name")), scopes_of(object),
              digest.value_or(Token::Digest{}),
              std::string(text_of(object, "created").substr(0, kMaxCreated))};
  if (!Token::is_name(token.name) || token.scopes.empty() || !digest) {
    return fail(
        "a token is {{\"name\":\"a-z, 0-9 and -\",\"scopes\":[\"push\"],\"sha256\":\"64 digits\","
        "\"created\":\"...\"}}");
  }
  return token;
}

}  // namespace

std::string_view name_of(Scope scope) {
  return std::ranges::find(kScopes, scope, &decltype(kScopes)::value_type::first)->second;
}

std::optional<Scope> scope_named(std::string_view name) {
  const auto found = std::ranges::find(kScopes, name, &decltype(kScopes)::value_type::second);
  return found == kScopes.end() ? std::nullopt : std::optional(found->first);
}

bool Token::allows(Scope needed) const {
  return std::ranges::any_of(scopes, [needed](Scope has) { return has >= needed; });
}

std::string Token::scope_names() const {
  std::vector<std::string_view> names;
  for (const Scope scope : scopes) names.push_back(name_of(scope));
  return fmt::format("{}", fmt::join(names, ", "));
}

bool Token::is_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

Token::Digest Token::digest_of(std::string_view secret) {
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest.data());
  return digest;
}

Result<std::string> make_token_secret() {
  std::array<std::uint8_t, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return fail("OpenSSL has no random numbers; try again");
  }
  return "livefix_" + to_hex(bytes);
}

Result<std::vector<Token>> parse_tokens(std::string_view text) {
  if (text.empty()) return std::vector<Token>{};
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const json::object* object = error ? nullptr : value.if_object();
  const json::value* list = object ? object->if_contains("tokens") : nullptr;
  if (!list || !list->is_array()) return fail("it is not {{\"tokens\":[...]}}");
  std::vector<Token> tokens;
  for (const json::value& one : list->get_array()) {
    auto token = parse_token(one);
    if (!token) return std::unexpected(token.error());
    tokens.push_back(std::move(*token));
  }
  return tokens;
}

std::string tokens_to_json(std::span<const Token> tokens) {
  std::string text = "{\"tokens\":[";
  for (const Token& token : tokens) {
    json::array scopes;
    for (const Scope scope : token.scopes) scopes.emplace_back(name_of(scope));
    const json::object object{{"name", token.name},
                              {"scopes", std::move(scopes)},
                              {"sha256", to_hex(token.digest)},
                              {"created", token.created}};
    // One a line: people look into it, and diff it.
    text += fmt::format("{}\n  {}", &token == tokens.data() ? "" : ",", json::serialize(object));
  }
  return text + "\n]}\n";
}

const Token* find_token(std::span<const Token> tokens, std::string_view secret) {
  const Token::Digest digest = Token::digest_of(secret);
  const Token* found = nullptr;
  for (const Token& token : tokens) {
    // Not the first and not the last one alone is looked at, whatever was found before.
    if (CRYPTO_memcmp(token.digest.data(), digest.data(), digest.size()) == 0) found = &token;
  }
  return found;
}

}  // namespace livefix
