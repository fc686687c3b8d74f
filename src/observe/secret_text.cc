#include "observe/secret_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "http/characters.h"

namespace livefix::observe {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '[' || c == ']';
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

// Behind the closing quote of the string that begins at `at`; the end where there is none.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

// Behind the object, array or literal at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    }
    if (depth == 0 && (c == ',' || is_space(c))) return at;
    ++at;
  }
  return at;
}

// What is between the quotes, of which the last one may be missing. Escapes of characters beyond
// ASCII stay as they are: no name that is looked for has any.
std::string unescaped(std::string_view quoted) {
  std::string text;
  for (std::size_t i = 1; i < quoted.size() && quoted[i] != '"'; ++i) {
    if (quoted[i] != '\\' || i + 1 == quoted.size()) {
      text += quoted[i];
      continue;
    }
    const char c = quoted[++i];
    if (c == 'u' && i + 4 < quoted.size()) {
      int value = 0;
      for (std::size_t digit = 1; digit <= 4; ++digit) {
        value = value * 16 + std::max(http::hexadecimal_value(quoted[i + digit]), 0);
      }
      if (value > 0 && value < 0x80) text += static_cast<char>(value);
      i += 4;
    } else {
      text += c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
  }
  return text;
}

std::string in_json_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lowercase) {
  return text.size() >= lowercase.size() &&
         http::equals_lowercase(text.substr(0, lowercase.size()), lowercase);
}

// "Bearer eyJ...", "Basic YTpi": the part behind the scheme.
std::size_t size_of_scheme(std::string_view text) {
  constexpr std::array<std::string_view, 4> kSchemes = {"bearer ", "basic ", "digest ", "token "};
  for (const auto scheme : kSchemes) {
    if (starts_with_ignoring_case(text, scheme)) return scheme.size();
  }
  return 0;
}

bool is_credential(char c) {
  return is_word_byte(c) || c == '+' || c == '/' || c == '=' || c == '~';
}

// A JSON Web Token says what it is by how it begins.
std::size_t size_of_web_token(std::string_view text) {
  constexpr std::size_t kLeast = 20;
  if (!text.starts_with("eyJ")) return 0;
  const auto end = std::ranges::find_if_not(text, is_word_byte);
  const auto size = static_cast<std::size_t>(end - text.begin());
  const bool has_parts = text.substr(0, size).find('.') != std::string_view::npos;
  return size >= kLeast && has_parts ? size : 0;
}

// The end of a value in free text. `quote` is what it began with, or 0.
std::size_t end_of_free_value(std::string_view text, std::size_t at, char quote, bool whole_line) {
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\r' || c == '\n') return at;
    if (quote != 0) {
      if (c == quote) return at > 0 && text[at - 1] == '\\' ? at - 1 : at;
    } else if (whole_line ? c == '"' || c == '<' || c == '\''
                          : is_space(c) || std::string_view(",;&<>)}\"'").contains(c)) {
      return at;
    }
  }
  return at;
}

struct Value {
  std::size_t start = 0;
  std::size_t end = 0;
};

// The value of the name that ends at `at`: name="value", \"name\":\"value\", name: value,
// <name>value</name>.
std::optional<Value> find_value(std::string_view text, std::size_t at, bool whole_line,
                                bool is_tag) {
  constexpr std::string_view kQuotes = "\\\"'`";
  if (is_tag && at < text.size() && text[at] == '>') {
    return Value{at + 1, std::min(text.find('<', at), text.size())};
  }
  while (at < text.size() && kQuotes.contains(text[at])) ++at;
  while (at < text.size() && http::is_blank(text[at])) ++at;
  if (at == text.size() || (text[at] != ':' && text[at] != '=')) return std::nullopt;
  if (text.substr(at).starts_with("=>")) ++at;
  ++at;
  while (at < text.size() && http::is_blank(text[at])) ++at;
  while (at < text.size() && text[at] == '\\') ++at;
  char quote = 0;
  if (at < text.size() && std::string_view("\"'`").contains(text[at])) quote = text[at++];
  const std::size_t end = end_of_free_value(text, at, quote, whole_line);
  if (end == at || text.substr(at).starts_with(kRedacted)) return std::nullopt;
  return Value{at, end};
}

}  // namespace

std::string decode_parameter(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_encoded = text[i] == '%' && i + 2 < text.size() &&
                            http::hexadecimal_value(text[i + 1]) >= 0 &&
                            http::hexadecimal_value(text[i + 2]) >= 0;
    if (is_encoded) {
      plain += static_cast<char>(http::hexadecimal_value(text[i + 1]) * 16 +
                                 http::hexadecimal_value(text[i + 2]));
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

// --- JSON ----------------------------------------------------------------------------------------

std::string SecretText::json(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '"') {
      out += text[at++];
      continue;
    }
    const std::size_t end = end_of_string(text, at);
    const auto quoted = text.substr(at, end - at);
    out += quoted;
    at = end;
    const std::size_t colon = skip_spaces(text, end);
    if (colon == text.size() || text[colon] != ':' || !names_.has(unescaped(quoted))) continue;
    const std::size_t value = skip_spaces(text, colon + 1);
    out += text.substr(end, value - end);
    at = value;
    pass_json_value(text, at, out);
  }
  return out;
}

void SecretText::pass_json_value(std::string_view text, std::size_t& at, std::string& out) {
  const std::size_t end = end_of_value(text, at);
  if (end == at) return;
  const auto value = text.substr(at, end - at);
  at = end;
  if (value == "null" || value == "true" || value == "false" || value == "\"\"") {
    out += value;
    return;
  }
  if (value.front() == '"') {
    remember(unescaped(value));
    remember(value.substr(1, value.size() - (value.ends_with('"') && value.size() > 1 ? 2 : 1)));
  } else if (value.front() == '{' || value.front() == '[') {
    // Each text in it, since nobody knows which is the secret.
    for (std::size_t i = 0; i < value.size();) {
      if (value[i] != '"') {
        ++i;
        continue;
      }
      const std::size_t close = end_of_string(value, i);
      const std::size_t behind = skip_spaces(value, close);
      const bool is_name = behind < value.size() && value[behind] == ':';
      if (!is_name) remember(unescaped(value.substr(i, close - i)));
      i = close;
    }
  } else {
    remember(value);
  }
  out += in_json_quotes(kRedacted);
}

// --- parameters ----------------------------------------------------------------------------------

std::string SecretText::parameters(std::string_view text) {
  std::string out;
  while (true) {
    const auto one = text.substr(0, text.find('&'));
    const auto equals = std::min(one.find('='), one.size());
    const auto value = one.substr(std::min(equals + 1, one.size()));
    const std::string plain = decode_parameter(value);
    // "next=%2Flogin%3Ftoken%3D..." has one inside.
    const bool is_secret = !value.empty() && (names_.has(decode_parameter(one.substr(0, equals))) ||
                                              (plain != value && free(plain) != plain));
    if (is_secret) {
      remember(value);
      remember(plain);
      out += one.substr(0, equals + 1);
      out += kRedacted;
    } else {
      out += one;
    }
    if (one.size() == text.size()) return out;
    out += '&';
    text.remove_prefix(one.size() + 1);
  }
}

std::string SecretText::target(std::string_view text) {
  const auto query = std::min(text.find('?'), text.size());
  auto path = free(text.substr(0, query));
  if (query == text.size()) return path;
  return path + '?' + parameters(text.substr(query + 1));
}

std::string SecretText::multipart(std::string_view text, std::string_view content_type) {
  constexpr std::string_view kName = "boundary=";
  const auto found = content_type.find(kName);
  if (found == std::string_view::npos) return free(text);
  auto boundary = content_type.substr(found + kName.size());
  if (boundary.starts_with('"')) boundary.remove_prefix(1);
  boundary = boundary.substr(0, boundary.find_first_of("\"; "));
  if (boundary.empty()) return free(text);
  const std::string delimiter = "--" + std::string(boundary);
  std::string out;
  while (!text.empty()) {
    const auto next = text.find(delimiter, 1);
    const auto part = text.substr(0, next);
    text.remove_prefix(part.size());
    const auto blank = part.find("\r\n\r\n");
    const auto head = part.substr(0, blank);
    const auto name = head.find("name=\"");
    const auto start = name + std::string_view("name=\"").size();
    const bool is_secret = blank != std::string_view::npos && name != std::string_view::npos &&
                           names_.has(head.substr(start, head.find('"', start) - start));
    if (!is_secret) {
      out += part;
      continue;
    }
    auto value = part.substr(blank + 4);
    if (value.ends_with("\r\n")) value.remove_suffix(2);
    remember(value);
    out += part.substr(0, blank + 4);
    out += kRedacted;
    out += "\r\n";
  }
  return out;
}

// --- any text ------------------------------------------------------------------------------------

std::string SecretText::free(std::string_view text) {
  std::string out;
  const auto hide = [&](std::size_t start, std::size_t end) {
    const auto value = text.substr(start, end - start);
    remember(value.substr(size_of_scheme(value)));
    remember(decode_parameter(value));
    out += kRedacted;
  };
  for (std::size_t at = 0; at < text.size();) {
    // https://user:password@host
    if (text.substr(at).starts_with("://")) {
      const auto rest = text.substr(at + 3);
      const auto host = rest.substr(0, rest.find_first_of("/?# \t\r\n\"'<>"));
      out += "://";
      at += 3;
      if (const auto sign = host.rfind('@'); sign != std::string_view::npos) {
        const auto colon = std::min(host.find(':'), sign);
        remember(host.substr(std::min(colon + 1, sign), sign - std::min(colon + 1, sign)));
        out += kRedacted;
        at += sign;
      }
      continue;
    }
    if (!is_word_byte(text[at])) {
      out += text[at++];
      continue;
    }
    if (const std::size_t size = size_of_web_token(text.substr(at)); size > 0) {
      hide(at, at + size);
      at += size;
      continue;
    }
    if (const std::size_t scheme = size_of_scheme(text.substr(at)); scheme > 0) {
      const auto rest = text.substr(at + scheme);
      const auto end = std::ranges::find_if_not(rest, is_credential);
      const auto size = static_cast<std::size_t>(end - rest.begin());
      constexpr std::size_t kShortest = 8;  // "basic auth" and "token expired" are words
      const bool has_digit = std::ranges::any_of(rest.substr(0, size), http::is_digit);
      if (size >= kShortest && (has_digit || size >= 2 * kShortest)) {
        out += text.substr(at, scheme);
        hide(at + scheme, at + scheme + size);
        at += scheme + size;
        continue;
      }
    }
    const auto last = std::ranges::find_if_not(text.substr(at), is_word_byte);
    const auto word = text.substr(at, static_cast<std::size_t>(last - text.substr(at).begin()));
    const bool is_tag = at > 0 && text[at - 1] == '<';
    out += word;
    at += word.size();
    if (!names_.has(word)) continue;
    const bool whole_line = starts_with_ignoring_case(word, "authorization") ||
                            starts_with_ignoring_case(word, "proxy-authorization") ||
                            starts_with_ignoring_case(word, "cookie") ||
                            starts_with_ignoring_case(word, "set-cookie");
    if (const auto value = find_value(text, at, whole_line, is_tag)) {
      out += text.substr(at, value->start - at);
      if (value->end > value->start) hide(value->start, value->end);
      at = value->end;
    }
  }
  return out;
}

// --- remembered ----------------------------------------------------------------------------------

void SecretText::remember(std::string_view value, std::size_t least) {
  if (value.size() < least || remembered_.size() >= kMostRemembered) return;
  if (value.find(kRedacted) != std::string_view::npos) return;
  remembered_.emplace(value);
}

std::string SecretText::without_remembered(std::string text) const {
  // The longest first: one may be a part of another.
  std::vector<std::string_view> values(remembered_.begin(), remembered_.end());
  std::ranges::sort(values, std::greater(), &std::string_view::size);
  for (const auto value : values) {
    std::string out;
    std::size_t done = 0;
    for (auto at = text.find(value); at != std::string::npos; at = text.find(value, done)) {
      out.append(text, done, at - done).append(kRedacted);
      done = at + value.size();
    }
    if (done > 0) text = out.append(text, done);
  }
  return text;
}

std::string SecretText::without_half_remembered(std::string text) const {
  constexpr std::size_t kTelling = 3;  // less tells nothing
  constexpr std::size_t kMost = 8192;  // each is compared
  std::size_t longest = 0;
  for (const auto& value : remembered_) {
    for (std::size_t size = std::min({value.size(), text.size(), kMost}); size > longest; --size) {
      if (size < kTelling) break;
      if (text.ends_with(std::string_view(value).substr(0, size))) longest = size;
    }
  }
  if (longest > 0) text.replace(text.size() - longest, longest, kRedacted);
  return text;
}

}  // namespace livefix::observe
