#include "observe/json_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serializer.hpp>
#include <cctype>

#include "base/ascii.h"
#include "http/characters.h"
#include "http/route_pattern.h"
#include "observe/output_line.h"

namespace livefix::observe {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxShownOfValue = 60;  // bytes of a value
constexpr std::size_t kMaxName = 60;          // bytes of a name in a path

std::uint32_t kind_of(const json::value* value) {
  if (value == nullptr) return kAbsent;
  switch (value->kind()) {
    case json::kind::null:
      return kNull;
    case json::kind::bool_:
      return kBool;
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return kNumber;
    case json::kind::string:
      return kString;
    case json::kind::array:
      return kArray;
    case json::kind::object:
      break;
  }
  return kObject;
}

// What is in an object or array is not shown: its names, which say what is secret, would be lost.
std::string shown(const json::value* value) {
  if (value == nullptr) return "absent";
  if (value->is_object()) return fmt::format("object of {}", value->get_object().size());
  if (value->is_array()) return fmt::format("array of {}", value->get_array().size());
  json::serializer serializer;
  serializer.reset(value);
  std::array<char, 256> text;
  const json::string_view read = serializer.read(text.data(), text.size());
  return printable({read.data(), read.size()}, kMaxShownOfValue);
}

double as_double(const json::value& number) {
  if (number.is_int64()) return static_cast<double>(number.get_int64());
  if (number.is_uint64()) return static_cast<double>(number.get_uint64());
  return number.get_double();
}

// Of two that are no object and no array.
bool same_scalar(const json::value& a, const json::value& b) {
  if (kind_of(&a) != kNumber || kind_of(&b) != kNumber) return a == b;
  const bool any_double = a.is_double() || b.is_double();
  return any_double ? as_double(a) == as_double(b) : a == b;
}

bool is_identifier(std::string_view name) {
  return !name.empty() && !http::is_digit(name.front()) && std::ranges::all_of(name, [](char c) {
    return c == '_' || c == '-' || is_alphanumeric(c);
  });
}

class Walk {
 public:
  explicit Walk(DifferenceSink& sink) : sink_(sink) {}

  // Of `before` and `after` either may be null: it is absent. False: they differ; where only that
  // is asked, nothing is told.
  bool compare(const json::value* before, const json::value* after) {
    if (before != nullptr && after != nullptr) {
      if (before->is_object() && after->is_object()) {
        return compare_objects(before->get_object(), after->get_object());
      }
      if (before->is_array() && after->is_array()) {
        return compare_arrays(before->get_array(), after->get_array());
      }
      const bool scalar = kind_of(before) < kArray && kind_of(after) < kArray;
      if (scalar && same_scalar(*before, *after)) return true;
    }
    return report(before, after);
  }

 private:
  // Whether two elements are alike but for noise, or are equal; nothing of it is told.
  enum class Asks : std::uint8_t { nothing, alike, equal };

  // Adds to the path for as long as it lives.
  class Step {
   public:
    Step(Walk& walk, std::string_view name)
        : walk_(walk), path_(walk.path_.size()), place_(walk.place_.size()), name_(walk.name_) {
      const std::string_view cut = name.substr(0, kMaxName);
      walk.path_ += is_identifier(cut) ? fmt::format(".{}", cut)
                                       : fmt::format("[\"{}\"]", printable(cut, kMaxName));
      walk.place_ += '.';
      walk.place_ += http::looks_like_id(cut) ? std::string_view("*") : cut;
      walk.name_ = name;
    }
    Step(Walk& walk, std::size_t index)
        : walk_(walk), path_(walk.path_.size()), place_(walk.place_.size()), name_(walk.name_) {
      walk.path_ += fmt::format("[{}]", index);
      walk.place_ += "[*]";
    }
    ~Step() {
      walk_.path_.resize(path_);
      walk_.place_.resize(place_);
      walk_.name_ = name_;
    }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Walk& walk_;
    const std::size_t path_;
    const std::size_t place_;
    const std::string_view name_;
  };

  bool report(const json::value* before, const json::value* after) {
    if (asks_ != Asks::nothing) {
      return asks_ == Asks::alike && sink_.is_noise(place_, kind_of(after));
    }
    if (!sink_.differs(place_, kind_of(before), kind_of(after))) return !sink_.learns();
    if (sink_.has_room()) {
      sink_.tell({Aspect::json, path_, std::string(name_), shown(before), shown(after)});
    } else {
      sink_.tell_more();
    }
    return false;
  }

  bool compare_objects(const json::object& before, const json::object& after) {
    bool alike = true;
    for (const auto& [key, value] : before) {
      const Step step(*this, std::string_view(key.data(), key.size()));
      if (!compare(&value, after.if_contains(key))) alike = false;
      if (!alike && asks_ != Asks::nothing) return false;
    }
    for (const auto& [key, value] : after) {
      if (before.contains(key)) continue;
      const Step step(*this, std::string_view(key.data(), key.size()));
      if (!compare(nullptr, &value)) alike = false;
      if (!alike && asks_ != Asks::nothing) return false;
    }
    return alike;
  }

  bool compare_arrays(const json::array& before, const json::array& after) {
    const std::size_t shorter = std::min(before.size(), after.size());
    const std::size_t longer = std::max(before.size(), after.size());
    std::size_t begin = 0;
    std::size_t end = 0;  // elements from the back
    // Of the same length they are set against each other as they are. Nor is this done within an
    // element that is asked about: for arrays in arrays it would take the square of the time.
    if (before.size() != after.size() && asks_ == Asks::nothing) {
      // Where lengths are noise, what was learned belongs to elements as these were set then.
      const Asks how = sink_.is_noise(place_ + "[*]", kAbsent) ? Asks::equal : Asks::alike;
      while (begin < shorter && answer(how, before[begin], after[begin])) ++begin;
      while (end < shorter - begin &&
             answer(how, before[before.size() - 1 - end], after[after.size() - 1 - end])) {
        ++end;
      }
    }
    bool alike = true;
    for (std::size_t at = begin; at < longer - end; ++at) {
      const Step step(*this, at);
      const json::value* old_value = at < before.size() - end ? &before[at] : nullptr;
      const json::value* new_value = at < after.size() - end ? &after[at] : nullptr;
      if (!compare(old_value, new_value)) alike = false;
      if (!alike && asks_ != Asks::nothing) return false;
    }
    return alike;
  }

  bool answer(Asks how, const json::value& before, const json::value& after) {
    const Step step(*this, 0);
    asks_ = how;
    const bool alike = compare(&before, &after);
    asks_ = Asks::nothing;
    return alike;
  }

  DifferenceSink& sink_;
  Asks asks_ = Asks::nothing;
  std::string path_ = "$";
  std::string place_ = "$";
  std::string_view name_;  // in the values, or empty
};

}  // namespace

void compare_json(const json::value& before, const json::value& after, DifferenceSink& sink) {
  Walk(sink).compare(&before, &after);
}

}  // namespace livefix::observe
