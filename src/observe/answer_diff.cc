#include "observe/answer_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <optional>

#include "base/ascii.h"
#include "base/utf8.h"
#include "http/field.h"
#include "observe/difference_sink.h"
#include "observe/json_diff.h"
#include "observe/output_line.h"
#include "observe/text_diff.h"

namespace livefix::observe {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxJson = 1024 * 1024;  // bytes; beyond it is text
constexpr std::size_t kMaxShownOfField = 100;  // bytes of a field

// What changes how a client, a browser or a cache takes the answer. Dates, lengths, tags and ids of
// the request are not among them; the body is compared by itself.
constexpr std::array<std::string_view, 17> kFields{"access-control-allow-credentials",
                                                   "access-control-allow-headers",
                                                   "access-control-allow-methods",
                                                   "access-control-allow-origin",
                                                   "access-control-expose-headers",
                                                   "allow",
                                                   "cache-control",
                                                   "content-disposition",
                                                   "content-encoding",
                                                   "content-language",
                                                   "content-security-policy",
                                                   "content-type",
                                                   "location",
                                                   "set-cookie",
                                                   "strict-transport-security",
                                                   "vary",
                                                   "www-authenticate"};

std::string lower_text(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(), [](char c) { return lower(c); });
  return lowered;
}

// The name and what the cookie is for; its value and its end are the visitor's.
std::string cookie_text(std::string_view cookie) {
  std::string text(cookie.substr(0, cookie.find_first_of("=;")));
  while (true) {
    const auto semicolon = cookie.find(';');
    if (semicolon == std::string_view::npos) return text;
    cookie.remove_prefix(semicolon + 1);
    const std::string attribute = lower_text(http::trim_blanks(cookie.substr(0, cookie.find(';'))));
    if (!attribute.starts_with("expires=") && !attribute.starts_with("max-age=")) {
      text += "; " + attribute;
    }
  }
}

// All fields of the name as one; nothing where there is none.
std::optional<std::string> field_text(const Answer& answer, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [field, value] : answer.fields) {
    if (!http::equals_lowercase(field, name)) continue;
    values.push_back(name == "set-cookie"     ? cookie_text(value)
                     : name == "content-type" ? lower_text(value)
                                              : std::string(value));
  }
  if (values.empty()) return std::nullopt;
  if (name == "set-cookie") std::ranges::sort(values);
  std::string text = std::move(values.front());
  for (std::size_t i = 1; i < values.size(); ++i) text += ", " + values[i];
  return text;
}

void compare_fields(const Answer& before, const Answer& after, DifferenceSink& sink) {
  const auto shown = [](const std::optional<std::string>& value) {
    return value ? printable(*value, kMaxShownOfField) : std::string("absent");
  };
  for (const std::string_view name : kFields) {
    const auto old_value = field_text(before, name);
    const auto new_value = field_text(after, name);
    if (old_value == new_value) continue;
    if (sink.differs(fmt::format("field {}", name), old_value ? kString : kAbsent,
                     new_value ? kString : kAbsent)) {
      sink.tell({Aspect::field, std::string(name), std::string(name), shown(old_value),
                 shown(new_value)});
    }
  }
}

bool says_json(const Answer& answer) {
  const auto type = field_text(answer, "content-type");
  if (type) return type->find("json") != std::string::npos;
  const auto first = answer.body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos &&
         (answer.body[first] == '{' || answer.body[first] == '[');
}

// Without a NUL and all UTF-8, but for a letter that was cut at the end.
bool is_mostly_text(std::string_view body) {
  for (std::size_t at = 0; at < body.size();) {
    if (body[at] == '\0') return false;
    const CodePoint point = decode_utf8(body.substr(at));
    if (point.size == 0) return body.size() - at < 4 && at > 0;
    at += point.size;
  }
  return true;
}

struct Body {
  Kind kind = kEmpty;
  json::value parsed;
};

Body body_of(const Answer& answer) {
  if (answer.body.empty()) return {};
  if (says_json(answer) && !answer.cut && answer.body.size() <= kMaxJson) {
    boost::system::error_code bad;
    json::value parsed =
        json::parse(json::string_view(answer.body.data(), answer.body.size()), bad);
    if (!bad) return {kJson, std::move(parsed)};
  }
  return {is_mostly_text(answer.body) ? kText : kBinary, {}};
}

std::string body_shown(const Answer& answer, Kind kind) {
  switch (kind) {
    case kEmpty:
      return "empty";
    case kJson:
      return "JSON";
    case kText:
      return fmt::format("text of {} bytes", answer.body.size());
    default:
      return fmt::format("{} bytes", answer.body.size());
  }
}

void compare_bytes(std::string_view before, std::string_view after, DifferenceSink& sink) {
  if (before == after || !sink.differs("body", kBinary, kBinary)) return;
  const auto first = std::ranges::mismatch(before, after);
  const auto at = first.in1 - before.begin();
  sink.tell({Aspect::body,
             "body",
             {},
             fmt::format("{} bytes", before.size()),
             fmt::format("{} bytes, different from byte {} on", after.size(), at)});
}

void compare_bodies(const Answer& before, const Answer& after, DifferenceSink& sink) {
  if (before.body == after.body) return;
  const Body old_body = body_of(before);
  const Body new_body = body_of(after);
  if (old_body.kind == kJson && new_body.kind == kJson) {
    return compare_json(old_body.parsed, new_body.parsed, sink);
  }
  std::string_view old_text = before.body;
  std::string_view new_text = after.body;
  const bool cut = before.cut || after.cut;
  const bool kept = !cut || (old_body.kind != kEmpty && new_body.kind != kEmpty);
  if (cut) {  // what both have
    const std::size_t size = std::min(old_text.size(), new_text.size());
    old_text = old_text.substr(0, size);
    new_text = new_text.substr(0, size);
  }
  // One that was cut is not known to be JSON.
  const Kind old_kind = cut && old_body.kind == kJson ? kText : old_body.kind;
  const Kind new_kind = cut && new_body.kind == kJson ? kText : new_body.kind;
  if (!kept) return;
  if (old_kind != new_kind) {
    if (sink.differs("body", old_kind, new_kind)) {
      sink.tell(
          {Aspect::body, "body", {}, body_shown(before, old_kind), body_shown(after, new_kind)});
    }
  } else if (old_kind == kText) {
    compare_text(old_text, new_text, sink);
  } else {
    compare_bytes(old_text, new_text, sink);
  }
}

void compare(const Answer& before, const Answer& after, DifferenceSink& sink) {
  if (before.status != after.status) {
    // Both are learned by themselves: the program answers with either.
    sink.differs(fmt::format("status {}", before.status), kNumber, kNumber);
    if (sink.differs(fmt::format("status {}", after.status), kNumber, kNumber)) {
      sink.tell({Aspect::status,
                 "status",
                 {},
                 std::to_string(before.status),
                 std::to_string(after.status)});
    }
  }
  compare_fields(before, after, sink);
  compare_bodies(before, after, sink);
}

}  // namespace

void Noise::add_place(std::string_view place, std::uint32_t kinds) {
  if (const auto known = places_.find(place); known != places_.end()) {
    known->second |= kinds;
  } else if (places_.size() < kMaxPlaces) {
    places_.emplace(place, kinds);
  }
}

bool Noise::covers_place(std::string_view place, std::uint32_t kind) const {
  const auto known = places_.find(place);
  return known != places_.end() && (known->second & kind) == kind;
}

void Noise::add_line(std::string_view begin, std::string_view end) {
  if (lines_.size() < kMaxLines) lines_.emplace(begin, end);
}

bool Noise::covers_line(std::string_view before, std::string_view after) const {
  return std::ranges::any_of(lines_, [&](const auto& line) {
    const auto& [begin, end] = line;
    const auto fits = [&](std::string_view text) {
      return text.size() >= begin.size() + end.size() && text.starts_with(begin) &&
             text.ends_with(end);
    };
    return fits(before) && fits(after);
  });
}

void learn(Noise& noise, const Answer& a, const Answer& b) {
  DifferenceSink sink(noise);
  compare(a, b, sink);
}

Noise learn(const Answer& a, const Answer& b) {
  Noise noise;
  learn(noise, a, b);
  return noise;
}

Differences diff(const Answer& old_answer, const Answer& new_answer, const Noise& noise) {
  Differences found;
  DifferenceSink sink(noise, found);
  compare(old_answer, new_answer, sink);
  return found;
}

std::string phrase(const Difference& difference) {
  return fmt::format("{}: {} → {}", difference.path, difference.before, difference.after);
}

std::string phrase(const Differences& differences, std::size_t most) {
  std::string text;
  const std::size_t shown = std::min(most, differences.list.size());
  for (std::size_t i = 0; i < shown; ++i) {
    text += (i == 0 ? "" : "; ") + phrase(differences.list[i]);
  }
  const std::size_t rest = differences.list.size() - shown + differences.more;
  if (rest > 0) text += fmt::format("{}{} more", shown == 0 ? "" : "; and ", rest);
  return text;
}

}  // namespace livefix::observe
