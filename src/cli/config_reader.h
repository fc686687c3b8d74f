// Typed access to a parsed configuration file. Each reader that does not get what it wants notes a
// problem with the line, the key and what to write instead, and leaves its variable at its default,
// so that one run tells everything that is wrong. Views into a toml::table, which outlives them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/config_problems.h"

namespace toml {
inline namespace v3 {
class node;
class table;
}  // namespace v3
}  // namespace toml

namespace livefix::cli {

class ConfigTable;

struct NumberRange {
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::uint32_t>::max();
};

// One value with its place. Readers return nothing when they have noted a problem.
class ConfigValue {
 public:
  ConfigValue(const toml::node& node, std::string key, ConfigProblems& problems)
      : node_(&node), key_(std::move(key)), problems_(&problems) {}

  bool is_text() const;
  bool is_truth() const;  // true or false
  bool is_array() const;

  // `hint` is what to write when it is of another type.
  std::optional<std::string> text(std::string_view hint) const;  // may be empty
  std::optional<bool> truth(std::string_view hint) const;
  std::optional<std::int64_t> number(NumberRange range) const;
  std::optional<Milliseconds> duration(Milliseconds least) const;
  std::optional<std::uint64_t> size(std::uint64_t least, std::uint64_t most) const;
  std::optional<double> percent(std::string_view hint, double most) const;  // "5%" is 5
  std::optional<ConfigTable> table(std::string_view hint) const;
  std::vector<ConfigValue> elements(std::string_view hint) const;  // of an array, "hosts[0]" ...

  const std::string& key() const { return key_; }
  std::uint32_t line() const;
  void refuse(std::string what) const;
  // A value of a type that nobody can use here: `3000 is a number; write true or false`.
  void refuse_type(std::string_view hint) const;

 private:
  std::string described() const;

  const toml::node* node_;
  std::string key_;
  ConfigProblems* problems_;
};

// One table. Remembers which keys were asked for: the others are unknown ones.
class ConfigTable {
 public:
  ConfigTable(const toml::table& table, std::string key, ConfigProblems& problems)
      : table_(&table), key_(std::move(key)), problems_(&problems) {}

  std::optional<ConfigValue> find(std::string_view key);
  // In the order of their names, with these.
  std::vector<std::pair<std::string, ConfigValue>> entries() const;

  // Each leaves `into` as it is when the key is not there.
  void read_truth(std::string_view key, bool& into);
  void read_duration(std::string_view key, Milliseconds& into, Milliseconds least = {});
  void read_size(std::string_view key, std::uint64_t& into, std::uint64_t least,
                 std::uint64_t most);
  // A percentage of at most `most_percent`, as a share: "5%" is 0.05.
  void read_share(std::string_view key, double& into, std::string_view hint, double most_percent);
  template <class Number>
  void read_number(std::string_view key, Number& into, NumberRange range = {}) {
    const auto value = find(key);
    const auto number = value ? value->number(range) : std::nullopt;
    if (number) into = static_cast<Number>(*number);
  }
  template <class Choice>
  void read_choice(std::string_view key, Choice& into,
                   std::initializer_list<std::pair<std::string_view, Choice>> choices) {
    std::vector<std::string_view> names;
    for (const auto& choice : choices) names.push_back(choice.first);
    const auto at = choose(key, names);
    if (at) into = (choices.begin() + *at)->second;
  }
  // An array of texts, none of them empty; `check` returns what to keep, or a problem.
  template <class Check>
  void read_texts(std::string_view key, std::vector<std::string>& into, std::string_view hint,
                  Check check) {
    const auto value = find(key);
    if (!value) return;
    for (const auto& element : value->elements(hint)) {
      const auto text = element.text(hint);
      if (!text) continue;
      auto checked = check(*text);
      if (checked) {
        into.push_back(std::move(*checked));
      } else {
        element.refuse(checked.error().message);
      }
    }
  }
  std::optional<ConfigTable> read_table(std::string_view key, std::string_view hint);

  std::uint32_t line() const;
  // Of the table itself, where a key is missing.
  void refuse(std::string what) const;
  // To be called when everything was read.
  void refuse_unknown_keys() const;

 private:
  std::optional<std::ptrdiff_t> choose(std::string_view key,
                                       const std::vector<std::string_view>& names);

  const toml::table* table_;
  std::string key_;  // "service.shop"; empty: the whole file
  ConfigProblems* problems_;
  std::vector<std::string> known_;
};

// "service.shop" and "drain" are "service.shop.drain"; a key that needs quotes gets them.
std::string joined_key(std::string_view table, std::string_view key);

}  // namespace livefix::cli
