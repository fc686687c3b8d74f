#include "model/token_change.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace livefix {
namespace {

namespace json = boost::json;

constexpr std::size_t kChangeId = 16;       // digits
constexpr std::size_t kLongestCaller = 64;  // bytes

std::string_view word_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const json::string* text = value ? value->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

bool has_only(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

bool is_change_id(std::string_view text) {
  return text.size() == kChangeId && has_only(text, "0123456789abcdef");
}

bool is_caller(std::string_view text) {
  return !text.empty() && text.size() <= kLongestCaller &&
         has_only(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
}

// "2026-11-26T01:40:00Z", as far as its looks go.
bool is_utc_time(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  return std::ranges::equal(text, kForm, [](char c, char form) {
    return form == '0' ? c >= '0' && c <= '9' : c == form;
  });
}

Result<TokenChange> parse_change(const json::value& value) {
  static const json::object kNone;
  const json::object& object = value.is_object() ? value.get_object() : kNone;
  const json::value* number = object.if_contains("number");
  const std::int64_t* whole = number ? number->if_int64() : nullptr;
  const auto what = word_at(object, "what");
  const auto scope = scope_named(word_at(object, "scope"));
  TokenChange change{.id = std::string(word_at(object, "id")),
                     .number = 0,
                     .at = std::string(word_at(object, "at")),
                     .who = std::string(word_at(object, "who")),
                     .what = what == "remove" ? TokenChange::What::remove : TokenChange::What::add,
                     .token = std::string(word_at(object, "token")),
                     .scope = scope.value_or(Scope::read)};
  const bool is_one = is_change_id(change.id) && whole && *whole > 0 && *whole <= UINT32_MAX &&
                      is_utc_time(change.at) && is_caller(change.who) &&
                      what == name_of(change.what) && Token::is_name(change.token) && scope;
  if (!is_one) {
    return fail(
        "one of its changes is not as livefix token writes them: {{\"id\":\"16 digits\","
        "\"number\":7,\"at\":\"2026-11-26T01:40:00Z\",\"who\":\"anna\",\"what\":\"add\","
        "\"token\":\"ci\",\"scope\":\"push\"}}; put back what was there, or take \"changes\" out");
  }
  change.number = static_cast<std::uint32_t>(*whole);
  return change;
}

json::object change_json(const TokenChange& change) {
  return {{"id", change.id},
          {"number", change.number},
          {"at", change.at},
          {"who", change.who},
          {"what", name_of(change.what)},
          {"token", change.token},
          {"scope", name_of(change.scope)}};
}

}  // namespace

std::string_view name_of(TokenChange::What what) {
  return what == TokenChange::What::add ? "add" : "remove";
}

Status TokenRegister::note(TokenChange::What what, const Token& token, std::string_view who,
                           std::string at) {
  std::array<std::uint8_t, kChangeId / 2> id{};
  if (RAND_bytes(id.data(), static_cast<int>(id.size())) != 1) {
    return fail("OpenSSL has no random numbers; try again");
  }
  const std::uint32_t last = changes.empty() ? 0 : changes.back().number;
  const Scope widest = token.scopes.empty() ? Scope::read : std::ranges::max(token.scopes);
  changes.push_back({fmt::format("{:02x}", fmt::join(id, "")), last == UINT32_MAX ? last : last + 1,
                     std::move(at), std::string(who.substr(0, kLongestCaller)), what, token.name,
                     widest});
  const std::size_t most = std::min(changes.size(), kMostTokenChanges);
  changes.erase(changes.begin(), changes.end() - static_cast<std::ptrdiff_t>(most));
  return {};
}

Result<TokenRegister> parse_token_register(std::string_view text) {
  auto tokens = parse_tokens(text);
  if (!tokens) return std::unexpected(tokens.error());
  TokenRegister all{std::move(*tokens), {}};
  if (text.empty()) return all;
  boost::system::error_code error;
  const json::value value = json::parse(text, error);  // an object, as parse_tokens() has seen
  const json::value* list = value.get_object().if_contains("changes");
  if (!list) return all;
  if (!list->is_array()) return fail("its \"changes\" are no list; put back what was there");
  if (list->get_array().size() > kMostTokenChanges) {
    return fail("it has more than {} changes; put back what was there", kMostTokenChanges);
  }
  for (const json::value& one : list->get_array()) {
    auto change = parse_change(one);
    if (!change) return std::unexpected(change.error());
    const bool is_twice =
        std::ranges::find(all.changes, change->id, &TokenChange::id) != all.changes.end();
    if (is_twice) return fail("its change {} is there twice; put back what was there", change->id);
    all.changes.push_back(std::move(*change));
  }
  return all;
}

std::string token_register_to_json(const TokenRegister& all) {
  std::string text = tokens_to_json(all.tokens);
  if (all.changes.empty()) return text;
  text.resize(text.rfind(']') + 1);
  text += ",\"changes\":[";
  for (const TokenChange& change : all.changes) {
    text += fmt::format("{}\n  {}", &change == all.changes.data() ? "" : ",",
                        json::serialize(change_json(change)));
  }
  return text + "\n]}\n";
}

}  // namespace livefix
