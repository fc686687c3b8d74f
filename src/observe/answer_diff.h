// Are two answers to one request alike? Status, fields that a client acts on, and the body: JSON by
// structure and values, text by lines, anything else by bytes. What two answers of one program also
// differ in (times, ids, tokens) is noise: it is learned from such a pair and not held against
// another program. Pure; bounded by the size of the answers; docs/symptoms.md has the rules.
//
// Bodies are compared as they are given: ask the programs for `Accept-Encoding: identity`. What
// differs is quoted from the answers, secrets included: redact it by `name` before a person sees
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace livefix::observe {

// Views into what was recorded or received.
struct Answer {
  int status = 0;
  std::vector<std::pair<std::string_view, std::string_view>> fields{};  // in their order
  std::string_view body{};
  bool cut = false;  // the body goes on, but is not here
};

enum class Aspect : std::uint8_t { status, field, json, line, body };

struct Difference {
  Aspect aspect = Aspect::status;
  std::string path;  // "status", "content-type", "$.items[2].price", "line 12", "body"
  std::string name;  // the field, or the innermost name in the path; empty: there is none
  // A scalar of JSON, "object of 3", a line, "absent"; cut, harmless on a terminal.
  std::string before;
  std::string after;

  bool operator==(const Difference&) const = default;
};

struct Differences {
  static constexpr std::size_t kMax = 50;

  std::vector<Difference> list;  // the first kMax
  std::size_t more = 0;          // beyond them

  bool empty() const { return list.empty(); }
};

// What answers of one program differ in. A value; when it is full it learns nothing more.
class Noise {
 public:
  static constexpr std::size_t kMaxPlaces = 4'096;
  static constexpr std::size_t kMaxLines = 256;

  // `place`: of JSON a path with [*] for each index and .* for each name that looks like an id.
  // `kinds`: bits for what was seen there; something else is no noise.
  void add_place(std::string_view place, std::uint32_t kinds);
  bool covers_place(std::string_view place, std::uint32_t kind) const;
  // Of lines that differ in their middle only.
  void add_line(std::string_view begin, std::string_view end);
  bool covers_line(std::string_view before, std::string_view after) const;

  bool empty() const { return places_.empty() && lines_.empty(); }

 private:
  std::map<std::string, std::uint32_t, std::less<>> places_;
  std::set<std::pair<std::string, std::string>> lines_;
};

// `a` and `b`: answers of one program to one request.
Noise learn(const Answer& a, const Answer& b);
// The same, added to what is known.
void learn(Noise& noise, const Answer& a, const Answer& b);

Differences diff(const Answer& old_answer, const Answer& new_answer, const Noise& noise = {});

// "$.items[2].price: 12 → 13".
std::string phrase(const Difference& difference);
// "status: 200 → 500; $.total: 12 → absent; and 7 more"; at most `most` are written out.
std::string phrase(const Differences& differences, std::size_t most = 5);

}  // namespace livefix::observe
