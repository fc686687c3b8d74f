#include "http/forwarded_client.h"

#include <algorithm>
#include <array>

#include "http/port_number.h"

namespace livefix::http {
namespace {

constexpr auto kNowhere = std::string_view::npos;

// The opening quote that belongs to the closing one at `close`. A quote behind an odd number of
// backslashes is part of the text (RFC 9110 section 5.6.4).
std::size_t find_opening_quote(std::string_view text, std::size_t close) {
  std::size_t end = close;
  while (true) {
    const std::size_t quote = text.substr(0, end).rfind('"');
    if (quote == kNowhere) return kNowhere;
    std::size_t run = quote;
    while (run > 0 && text[run - 1] == '\\') --run;
    if ((quote - run) % 2 == 0) return quote;
    end = run;
  }
}

// The last comma that is in no quoted string; kNowhere without one, and when a quote has no other.
std::size_t find_last_comma(std::string_view text, bool has_quotes) {
  if (!has_quotes) return text.rfind(',');
  std::size_t end = text.size();
  while (true) {
    const std::size_t found = text.substr(0, end).find_last_of(",\"");
    if (found == kNowhere || text[found] == ',') return found;
    end = find_opening_quote(text, found);
    if (end == kNowhere) return kNowhere;
  }
}

// One pair of an element, from the left. Values of parameters other than `for` may be of any size.
struct Pair {
  std::string_view name;
  std::string_view raw;  // the value, between its quotes if it had some
  bool quoted = false;
};

std::optional<Pair> take_pair(std::string_view& rest) {
  Pair pair;
  const std::size_t equals = rest.find('=');
  if (equals == kNowhere) return std::nullopt;
  pair.name = rest.substr(0, equals);
  if (!is_token(pair.name)) return std::nullopt;
  rest.remove_prefix(equals + 1);
  if (!rest.starts_with('"')) {
    pair.raw = rest.substr(0, rest.find_first_of("; \t"));
    rest = trim_blanks(rest.substr(pair.raw.size()));
    return is_token(pair.raw) ? std::optional(pair) : std::nullopt;
  }
  std::size_t close = 1;
  while (close < rest.size() && rest[close] != '"') close += rest[close] == '\\' ? 2 : 1;
  if (close >= rest.size()) return std::nullopt;
  pair.quoted = true;
  pair.raw = rest.substr(1, close - 1);
  rest = trim_blanks(rest.substr(close + 1));
  return pair;
}

constexpr CharacterTable kObfuscatedTable = make_table("._-", true);

bool is_obfuscated_port(std::string_view text) {
  return text.size() > 1 && text.front() == '_' && std::ranges::all_of(text, [](char c) {
           return kObfuscatedTable[static_cast<unsigned char>(c)];
         });
}

// `address` and, when there is one, `:port`.
std::optional<Address> parse_node(std::string_view ip, std::string_view port_part, Family family,
                                  bool may_be_obfuscated) {
  std::uint16_t port = 0;
  if (!port_part.empty()) {
    if (port_part.front() != ':') return std::nullopt;
    const std::string_view text = port_part.substr(1);
    const auto number = parse_port(text);
    if (!number && !(may_be_obfuscated && is_obfuscated_port(text))) return std::nullopt;
    port = number.value_or(0);
  }
  auto address = Address::parse_ip(ip, port);
  if (address && address->family != family) address.reset();
  return address;
}

// RFC 7239 section 6: IPv6 stands in brackets.
std::optional<Address> parse_rfc_node(std::string_view node, bool may_be_obfuscated) {
  if (node.starts_with('[')) {
    const std::size_t close = node.find(']');
    if (close == kNowhere) return std::nullopt;
    return parse_node(node.substr(1, close - 1), node.substr(close + 1), Family::ipv6,
                      may_be_obfuscated);
  }
  const std::size_t colon = std::min(node.find(':'), node.size());
  return parse_node(node.substr(0, colon), node.substr(colon), Family::ipv4, may_be_obfuscated);
}

std::optional<Address> parse_for(const Pair& pair) {
  if (!pair.quoted) return parse_rfc_node(pair.raw, true);
  std::array<char, 128> plain;  // an address and an obfuscated port
  std::size_t size = 0;
  for (std::size_t i = 0; i < pair.raw.size(); ++i) {
    if (pair.raw[i] == '\\') ++i;  // take_pair has seen to it that something follows
    if (size == plain.size()) return std::nullopt;
    plain[size++] = pair.raw[i];
  }
  return parse_rfc_node({plain.data(), size}, true);
}

}  // namespace

std::optional<Address> parse_x_forwarded_for(std::string_view member) {
  // More than one colon and no brackets: IPv6, which can have no port then.
  if (std::ranges::count(member, ':') > 1 && !member.starts_with('[')) {
    return parse_node(member, {}, Family::ipv6, false);
  }
  return parse_rfc_node(member, false);
}

std::optional<Address> parse_forwarded_element(std::string_view element) {
  std::optional<Address> client;
  bool seen = false;
  std::string_view rest = trim_blanks(element);
  while (!rest.empty()) {
    if (rest.front() == ';') {
      rest = trim_blanks(rest.substr(1));
      continue;
    }
    const auto pair = take_pair(rest);
    if (!pair || (!rest.empty() && rest.front() != ';')) return std::nullopt;
    if (!equals_lowercase(pair->name, "for")) continue;
    if (seen) return std::nullopt;
    seen = true;
    client = parse_for(*pair);
  }
  return client;
}

std::optional<std::string_view> ForwardedHops::take_last() {
  while (true) {
    while (!rest_.empty()) {
      const std::size_t comma = find_last_comma(rest_, list_ == FieldId::forwarded);
      const std::string_view member = trim_blanks(rest_.substr(comma == kNowhere ? 0 : comma + 1));
      rest_ = comma == kNowhere ? std::string_view{} : rest_.substr(0, comma);
      if (!member.empty()) return member;
    }
    if (fields_.empty()) return std::nullopt;
    const Field& field = fields_.back();
    fields_ = fields_.first(fields_.size() - 1);
    if (field.id == list_) rest_ = field.value;
  }
}

std::optional<Address> ForwardedHops::next() {
  const auto member = take_last();
  if (!member) return std::nullopt;
  return list_ == FieldId::forwarded ? parse_forwarded_element(*member)
                                     : parse_x_forwarded_for(*member);
}

}  // namespace livefix::http
