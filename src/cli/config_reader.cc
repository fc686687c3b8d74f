#include "cli/config_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/duration.h"
#include "cli/nearest_name.h"
#include "cli/percent.h"
#include "cli/size.h"
#include "cli/toml_library.h"

namespace livefix::cli {
namespace {

constexpr std::size_t kLongestQuantity = 40;  // of a duration or size: longer ones are none

bool is_bare(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

// "a number", "text": what a value is, as people say it.
std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "a number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or a time";
  }
}

}  // namespace

std::string joined_key(std::string_view table, std::string_view key) {
  const auto spelled = is_bare(key) ? std::string(key) : in_quotes(key);
  return table.empty() ? spelled : fmt::format("{}.{}", table, spelled);
}

// --- one value -----------------------------------------------------------------------------------

bool ConfigValue::is_text() const {
  return node_->is_string();
}
bool ConfigValue::is_truth() const {
  return node_->is_boolean();
}
bool ConfigValue::is_array() const {
  return node_->is_array();
}

std::uint32_t ConfigValue::line() const {
  return node_->source().begin.line;
}

void ConfigValue::refuse(std::string what) const {
  problems_->add(line(), key_, std::move(what));
}

std::string ConfigValue::described() const {
  if (const auto text = node_->value_exact<std::string>()) return in_quotes(*text);
  if (const auto number = node_->value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto number = node_->value_exact<double>()) return fmt::format("{}", *number);
  if (const auto truth = node_->value_exact<bool>()) return *truth ? "true" : "false";
  return "this";
}

void ConfigValue::refuse_type(std::string_view hint) const {
  refuse(node_->is_boolean()
             ? fmt::format("{} does not go here; write {}", described(), hint)
             : fmt::format("{} is {}; write {}", described(), kind_of(*node_), hint));
}

std::optional<std::string> ConfigValue::text(std::string_view hint) const {
  auto text = node_->value_exact<std::string>();
  if (!text) {
    refuse_type(hint);
    return std::nullopt;
  }
  if (text->find('\0') != std::string::npos) {  // everything here ends up in system calls
    refuse(fmt::format("{} has a NUL character; write {}", in_quotes(*text), hint));
    return std::nullopt;
  }
  return text;
}

std::optional<bool> ConfigValue::truth(std::string_view hint) const {
  const auto truth = node_->value_exact<bool>();
  if (!truth) refuse_type(hint);
  return truth;
}

std::optional<std::int64_t> ConfigValue::number(NumberRange range) const {
  const auto hint = fmt::format("a number from {} to {}", range.least, range.most);
  const auto number = node_->value_exact<std::int64_t>();
  if (!number) {
    refuse_type(hint);
    return std::nullopt;
  }
  if (*number < range.least || *number > range.most) {
    refuse(fmt::format("{} is too {}; write {}", *number, *number < range.least ? "small" : "large",
                       hint));
    return std::nullopt;
  }
  return number;
}

std::optional<Milliseconds> ConfigValue::duration(Milliseconds least) const {
  constexpr auto kHint = R"("5s" or "500ms")";
  const auto number = node_->value_exact<std::int64_t>();
  if (number && *number >= 0) {
    refuse(fmt::format(R"({} has no unit; write "{}s" or "500ms")", *number, *number));
    return std::nullopt;
  }
  const auto given = text(kHint);
  if (!given) return std::nullopt;
  if (given->size() > kLongestQuantity) {
    refuse(fmt::format("{} is no duration; write {}", in_quotes(*given), kHint));
    return std::nullopt;
  }
  const auto parsed = parse_duration(*given);
  if (!parsed) {
    refuse(parsed.error().message);
    return std::nullopt;
  }
  if (*parsed < least) {
    refuse(fmt::format("\"{}\" is too short; write \"{}ms\" or more", *given, least.count()));
    return std::nullopt;
  }
  return *parsed;
}

std::optional<std::uint64_t> ConfigValue::size(std::uint64_t least, std::uint64_t most) const {
  constexpr auto kHint = R"("64KiB" or "1MiB")";
  const auto number = node_->value_exact<std::int64_t>();
  if (number && *number > 0) {
    refuse(fmt::format(R"({} has no unit; write "{}KiB" or "{}B")", *number, *number, *number));
    return std::nullopt;
  }
  std::string given = "0";
  if (!number || *number != 0) {
    const auto written = text(kHint);
    if (!written) return std::nullopt;
    if (written->size() > kLongestQuantity) {
      refuse(fmt::format("{} is no size; write {}", in_quotes(*written), kHint));
      return std::nullopt;
    }
    given = *written;
  }
  const auto parsed = parse_size(given);
  if (!parsed) {
    refuse(parsed.error().message);
    return std::nullopt;
  }
  if (*parsed < least || *parsed > most) {
    refuse(fmt::format("\"{}\" is too {}; write a size from \"{}\" to \"{}\"", given,
                       *parsed < least ? "small" : "large", describe_size(least),
                       describe_size(most)));
    return std::nullopt;
  }
  return *parsed;
}

std::optional<double> ConfigValue::percent(std::string_view hint, double most) const {
  if (node_->is_number()) {
    refuse(fmt::format("{} has no percent sign; write {}", described(), hint));
    return std::nullopt;
  }
  const auto given = text(hint);
  if (!given) return std::nullopt;
  if (given->size() > kLongestQuantity) {
    refuse(fmt::format("{} is no percentage; write {}", in_quotes(*given), hint));
    return std::nullopt;
  }
  const auto parsed = parse_percent(*given);
  if (!parsed) {
    refuse(parsed.error().message);
    return std::nullopt;
  }
  if (*parsed > most) {
    refuse(fmt::format("\"{}\" is too large; write \"{}%\" or less", *given, most));
    return std::nullopt;
  }
  return *parsed;
}

std::optional<ConfigTable> ConfigValue::table(std::string_view hint) const {
  if (const auto* table = node_->as_table()) return ConfigTable(*table, key_, *problems_);
  refuse_type(hint);
  return std::nullopt;
}

std::vector<ConfigValue> ConfigValue::elements(std::string_view hint) const {
  std::vector<ConfigValue> result;
  const auto* array = node_->as_array();
  if (!array) {
    refuse_type(hint);
    return result;
  }
  for (const auto& element : *array) {
    result.emplace_back(element, fmt::format("{}[{}]", key_, result.size()), *problems_);
  }
  return result;
}

// --- one table -----------------------------------------------------------------------------------

std::optional<ConfigValue> ConfigTable::find(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
  const auto* node = table_->get(key);
  if (!node) return std::nullopt;
  return ConfigValue(*node, joined_key(key_, key), *problems_);
}

std::vector<std::pair<std::string, ConfigValue>> ConfigTable::entries() const {
  std::vector<std::pair<std::string, ConfigValue>> result;
  for (const auto& [key, node] : *table_) {
    result.emplace_back(std::string(key.str()),
                        ConfigValue(node, joined_key(key_, key.str()), *problems_));
  }
  return result;
}

void ConfigTable::read_truth(std::string_view key, bool& into) {
  const auto value = find(key);
  const auto truth = value ? value->truth("true or false") : std::nullopt;
  if (truth) into = *truth;
}

void ConfigTable::read_duration(std::string_view key, Milliseconds& into, Milliseconds least) {
  const auto value = find(key);
  const auto duration = value ? value->duration(least) : std::nullopt;
  if (duration) into = *duration;
}

void ConfigTable::read_size(std::string_view key, std::uint64_t& into, std::uint64_t least,
                            std::uint64_t most) {
  const auto value = find(key);
  const auto size = value ? value->size(least, most) : std::nullopt;
  if (size) into = *size;
}

void ConfigTable::read_share(std::string_view key, double& into, std::string_view hint,
                             double most_percent) {
  const auto value = find(key);
  const auto percent = value ? value->percent(hint, most_percent) : std::nullopt;
  if (percent) into = *percent / 100;
}

std::optional<ConfigTable> ConfigTable::read_table(std::string_view key, std::string_view hint) {
  const auto value = find(key);
  return value ? value->table(hint) : std::nullopt;
}

std::optional<std::ptrdiff_t> ConfigTable::choose(std::string_view key,
                                                  const std::vector<std::string_view>& names) {
  const auto value = find(key);
  if (!value) return std::nullopt;
  std::string hint;
  for (const auto name : names) {
    if (!hint.empty()) hint += name == names.back() ? " or " : ", ";
    hint += fmt::format("\"{}\"", name);
  }
  const auto text = value->text(hint);
  if (!text) return std::nullopt;
  const auto found = std::ranges::find(names, *text);
  if (found != names.end()) return found - names.begin();
  value->refuse(fmt::format("{} is not known here; write {}", in_quotes(*text), hint));
  return std::nullopt;
}

void ConfigTable::refuse(std::string what) const {
  problems_->add(line(), key_, std::move(what));
}

std::uint32_t ConfigTable::line() const {
  return table_->source().begin.line;
}

void ConfigTable::refuse_unknown_keys() const {
  for (const auto& [key, node] : *table_) {
    if (std::ranges::find(known_, key.str()) != known_.end()) continue;
    const auto nearest = nearest_name(key.str(), known_);
    problems_->add(
        key.source().begin.line, joined_key(key_, key.str()),
        nearest ? fmt::format("there is no such key; did you mean {}?", *nearest)
                : fmt::format("there is no such key; {} {}",
                              known_.size() == 1 ? "write" : "known are", fmt::join(known_, ", ")));
  }
}

}  // namespace livefix::cli
