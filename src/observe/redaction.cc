#include "observe/redaction.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/utf8.h"
#include "http/characters.h"
#include "observe/error_line.h"
#include "observe/secret_text.h"

namespace livefix::observe {
namespace {

constexpr std::size_t kLeastOfCookie = 8;  // "theme=light" is no secret to be hidden elsewhere

bool contains_ignoring_case(std::string_view text, std::string_view lowercase) {
  return std::ranges::search(text, lowercase, {}, lower).size() == lowercase.size();
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && http::is_blank(text.front())) text.remove_prefix(1);
  return std::string(text);
}

// "sid=abc; theme=dark": names are of use, values are not shown.
std::string without_values(std::string_view cookies, SecretText& secrets) {
  std::string out;
  while (true) {
    const auto one = cookies.substr(0, cookies.find(';'));
    const auto equals = one.find('=');
    const auto value = trimmed(equals == std::string_view::npos ? one : one.substr(equals + 1));
    secrets.remember(value, kLeastOfCookie);
    secrets.remember(decode_parameter(value), kLeastOfCookie);
    if (equals != std::string_view::npos) out.append(one.substr(0, equals + 1));
    out += kRedacted;
    if (one.size() == cookies.size()) return out;
    out += ';';
    cookies.remove_prefix(one.size() + 1);
  }
}

// "sid=abc; Path=/; HttpOnly": what follows the value is no secret.
std::string without_first_value(std::string_view cookie, SecretText& secrets) {
  const auto pair = cookie.substr(0, cookie.find(';'));
  return without_values(pair, secrets) + std::string(cookie.substr(pair.size()));
}

std::string decode_base64(std::string_view text) {
  std::string plain;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto value = kDigits.find(c);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      plain += static_cast<char>(bits >> count & 0xff);
    }
  }
  return plain;
}

// A whole value that is secret, and what it is made of.
void remember_credentials(std::string_view value, SecretText& secrets) {
  secrets.remember(value);
  const auto scheme = value.substr(0, value.find(' '));
  if (scheme.size() == value.size()) return;
  const auto rest = trimmed(value.substr(scheme.size()));
  secrets.remember(rest);
  if (!http::equals_lowercase(scheme, "basic")) return;
  const std::string pair = decode_base64(rest);
  secrets.remember(pair);
  secrets.remember(std::string_view(pair).substr(std::min(pair.find(':') + 1, pair.size())));
}

std::string shown_value(const RecordedField& field, const SecretNames& names, SecretText& secrets) {
  if (http::equals_lowercase(field.name, "cookie")) return without_values(field.value, secrets);
  if (http::equals_lowercase(field.name, "set-cookie")) {
    return without_first_value(field.value, secrets);
  }
  if (names.has(field.name)) {
    remember_credentials(field.value, secrets);
    return std::string(kRedacted);
  }
  return secrets.target(valid_utf8(field.value));
}

// Where a multi-byte character was cut, its beginning is left out.
std::string_view whole_characters(std::string_view text) {
  constexpr std::size_t kLongest = 4;
  for (std::size_t back = 1; back < kLongest && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const auto last = text.substr(text.size() - back);
      return decode_utf8(last).size == 0 ? text.substr(0, text.size() - back) : text;
    }
  }
  return text;
}

std::string shown_body(std::string_view body, std::string_view type, SecretText& secrets) {
  if (contains_ignoring_case(type, "multipart/")) return secrets.multipart(body, type);
  std::string text(body);
  if (contains_ignoring_case(type, "x-www-form-urlencoded")) text = secrets.parameters(text);
  const auto start = body.find_first_not_of(" \t\r\n");
  const bool looks_so =
      start != std::string_view::npos && (body[start] == '{' || body[start] == '[');
  if (looks_so || contains_ignoring_case(type, "json")) text = secrets.json(text);
  return secrets.free(text);
}

// Only the beginning of each is looked at.
void cut_bodies(ExchangeRecord& record) {
  constexpr std::size_t kBrief = 4096;
  for (RecordedMessage* message : {&record.request, &record.answer}) {
    if (message->body.size() <= kBrief) continue;
    message->body.resize(kBrief);
    message->cut = true;
  }
}

// Once everything is known that must not be seen anywhere.
void hide_remembered(ShownMessage& message, const SecretText& secrets) {
  const auto hide = [&secrets](std::string& text) {
    text = secrets.without_remembered(std::move(text));
  };
  hide(message.first_line);
  hide(message.type);
  if (message.text) hide(*message.text);
  if (message.text && message.cut) {
    *message.text = secrets.without_half_remembered(std::move(*message.text));
  }
  for (RecordedField& field : message.fields) {
    hide(field.name);
    hide(field.value);
  }
}

}  // namespace

bool is_text(std::string_view bytes) {
  for (auto rest = bytes; !rest.empty();) {
    const auto character = decode_utf8(rest);
    if (character.size == 0) return false;
    if (http::is_control(rest.front()) && rest.front() != '\r' && rest.front() != '\n')
      return false;
    rest.remove_prefix(character.size);
  }
  return true;
}

ShownMessage Redaction::show(const RecordedMessage& message, SecretText& secrets) const {
  ShownMessage shown;
  shown.first_line = valid_utf8(message.first_line);
  shown.type = secrets.free(valid_utf8(message.field("content-type")));
  shown.size = message.body.size();
  shown.bytes = message.bytes;
  shown.cut = message.cut;
  for (const RecordedField& field : message.fields) {
    shown.fields.push_back(
        {valid_utf8(field.name), valid_utf8(shown_value(field, names_, secrets))});
  }
  const auto coding = message.field("content-encoding");
  const bool is_plain = coding.empty() || http::equals_lowercase(coding, "identity");
  const auto body = message.cut ? whole_characters(message.body) : std::string_view(message.body);
  if (is_plain && is_text(body)) shown.text = shown_body(body, shown.type, secrets);
  return shown;
}

ShownExchange Redaction::show_briefly(ExchangeRecord record) const {
  cut_bodies(record);
  return show(std::move(record));
}

std::string Redaction::show_line(ExchangeRecord about, std::string_view line) const {
  cut_bodies(about);
  SecretText secrets(names_);
  show(std::move(about), secrets);
  const std::string shown = secrets.without_remembered(secrets.free(valid_utf8(line)));
  // Which of its ends was cut off nobody knows.
  constexpr std::size_t kPerhapsCut = kMaxErrorLine - 8;
  return line.size() < kPerhapsCut ? shown : secrets.without_half_remembered(shown);
}

std::vector<ShownMessage> Redaction::show_answers(
    const ExchangeRecord& record, const std::vector<const RecordedMessage*>& answers) const {
  SecretText secrets(names_);
  secrets.target(valid_utf8(record.target));
  show(record.request, secrets);
  show(record.answer, secrets);
  std::vector<ShownMessage> shown;
  for (const RecordedMessage* answer : answers) shown.push_back(show(*answer, secrets));
  for (ShownMessage& message : shown) hide_remembered(message, secrets);
  return shown;
}

ShownExchange Redaction::show(ExchangeRecord record) const {
  SecretText secrets(names_);
  return show(std::move(record), secrets);
}

ShownExchange Redaction::show(ExchangeRecord record, SecretText& secrets) const {
  ShownExchange shown;
  const std::string target = secrets.target(valid_utf8(record.target));
  shown.request_ = show(record.request, secrets);
  shown.answer_ = show(record.answer, secrets);
  shown.request_.first_line = valid_utf8(record.method) + ' ' + target + " HTTP/1.1";
  hide_remembered(shown.request_, secrets);
  hide_remembered(shown.answer_, secrets);
  record.target = secrets.without_remembered(target);
  record.method = valid_utf8(record.method);
  record.route = secrets.without_remembered(valid_utf8(record.route));
  record.release = valid_utf8(record.release);
  // A program may have said a part of it.
  record.detail = secrets.without_remembered(secrets.free(valid_utf8(record.detail)));
  record.request = {};
  record.answer = {};
  shown.about_ = std::move(record);
  return shown;
}

}  // namespace livefix::observe
