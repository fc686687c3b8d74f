#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <optional>

#include "cli/nearest_name.h"

namespace livefix::cli {
namespace {

class Layout final : public CLI::Formatter {
 public:
  Layout(std::string program, std::string usage)
      : program_(std::move(program)), usage_(std::move(usage)) {
    column_width(32);
    label("Options", "Options");
  }

  std::string make_usage(const CLI::App*, std::string) const override {
    return fmt::format("\nUsage: {} {}\n", program_, usage_);
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_option_text().empty() ? "" : " " + option->get_option_text();
  }

 private:
  std::string program_;
  std::string usage_;
};

}  // namespace

struct CommandLine::Parts {
  explicit Parts(std::string description) : app(std::move(description)) {}

  const OptionInfo* find(std::string_view name) const {
    const auto found = std::ranges::find_if(options, [&](const OptionInfo& option) {
      return name == option.name || (!name.empty() && name == option.short_name);
    });
    return found == options.end() ? nullptr : &*found;
  }
  // What is wrong with the options, or nothing.
  std::optional<std::string> split(std::span<const std::string> arguments, Rest& rest) const;
  std::string unknown(std::string_view option) const;

  CLI::App app;
  std::string program;
  std::vector<OptionInfo> options;
};

CommandLine::CommandLine(std::string program, std::string usage, std::string description)
    : parts_(std::make_unique<Parts>(std::move(description))) {
  parts_->app.formatter(std::make_shared<Layout>(program, std::move(usage)));
  parts_->program = std::move(program);
  parts_->app.set_help_flag("-h,--help", "Print this help");
  parts_->options.push_back({"--help", "-h", "", {}, "Print this help"});
}
CommandLine::~CommandLine() = default;
CommandLine::CommandLine(CommandLine&&) noexcept = default;

namespace {

OptionInfo describe(const std::string& names, std::string placeholder, std::string description,
                    std::vector<std::string> choices) {
  const auto comma = names.find(',');
  const bool has_short = comma != std::string::npos;
  return {.name = has_short ? names.substr(comma + 1) : names,
          .short_name = has_short ? names.substr(0, comma) : "",
          .placeholder = std::move(placeholder),
          .choices = std::move(choices),
          .description = std::move(description)};
}

}  // namespace

void CommandLine::flag(const std::string& names, const std::string& description, bool& value) {
  parts_->app.add_flag(names, value, description);
  parts_->options.push_back(describe(names, "", description, {}));
}

void CommandLine::value(const std::string& names, const std::string& placeholder,
                        const std::string& description, std::string& value,
                        std::vector<std::string> choices) {
  parts_->app.add_option(names, value, description)
      ->option_text(placeholder)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  parts_->options.push_back(describe(names, placeholder, description, std::move(choices)));
}

void CommandLine::list(const std::string& names, const std::string& placeholder,
                       const std::string& description, std::vector<std::string>& values) {
  parts_->app.add_option(names, values, description)
      ->option_text(placeholder)
      ->allow_extra_args(false);
  parts_->options.push_back(describe(names, placeholder, description, {}));
}

void CommandLine::epilogue(std::string text) {
  parts_->app.footer(std::move(text));
}

std::string CommandLine::Parts::unknown(std::string_view option) const {
  std::vector<std::string> names;
  for (const auto& known : options) names.push_back(known.name);
  const auto meant = nearest_name(option, names);
  const bool is_main = program.find(' ') == std::string::npos;
  const auto what = is_main ? fmt::format("unknown option {}", option)
                            : fmt::format("{} has no option {}", program, option);
  return meant ? fmt::format("{}; did you mean {}?", what, *meant)
               : fmt::format("{}; see {} --help", what, program);
}

std::optional<std::string> CommandLine::Parts::split(std::span<const std::string> arguments,
                                                     Rest& rest) const {
  std::size_t at = 0;
  while (at < arguments.size()) {
    const auto& word = arguments[at];
    if (word == "--") {
      rest.separated = true;
      ++at;
      break;
    }
    if (word.size() < 2 || word[0] != '-') break;
    const auto equals = word.starts_with("--") ? word.find('=') : std::string::npos;
    const auto name = word.substr(0, equals);
    const OptionInfo* option = find(name);
    if (!option) return unknown(name);
    const bool has_value = equals != std::string::npos;
    if (option->placeholder.empty() && has_value) return fmt::format("{} takes no value", name);
    std::string value = has_value ? word.substr(equals + 1) : "";
    if (!option->placeholder.empty() && !has_value) {
      if (at + 1 >= arguments.size()) {
        return fmt::format("{} needs a value: {} {}", name, name, option->placeholder);
      }
      value = arguments[++at];
    }
    if (!option->choices.empty() &&
        std::ranges::find(option->choices, value) == option->choices.end()) {
      return fmt::format("{}: \"{}\" is not one of {}", name, value,
                         fmt::join(option->choices, ", "));
    }
    // The form in which no value can be taken for an option.
    rest.options.push_back(option->placeholder.empty() ? option->name
                                                       : fmt::format("{}={}", option->name, value));
    ++at;
  }
  rest.words.assign(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
  return std::nullopt;
}

std::variant<int, CommandLine::Rest> CommandLine::parse(std::span<const std::string> arguments) {
  Rest rest;
  if (const auto wrong = parts_->split(arguments, rest)) return complain(*wrong, kUsageError);
  auto reversed = rest.options;  // CLI11 takes them from the back
  std::ranges::reverse(reversed);
  try {
    parts_->app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", help());
    return 0;
  } catch (const CLI::ParseError& error) {
    return complain(error.what(), kUsageError);
  }
  return rest;
}

std::variant<int, std::vector<std::string>> CommandLine::parse_words(
    std::span<const std::string> arguments) {
  std::vector<std::string> sorted;
  std::vector<std::string> words;
  std::vector<std::string> rest(arguments.begin(), arguments.end());
  while (!rest.empty()) {
    Rest part;
    if (const auto wrong = parts_->split(rest, part)) return complain(*wrong, kUsageError);
    sorted.insert(sorted.end(), part.options.begin(), part.options.end());
    if (part.words.empty()) break;
    words.push_back(part.words.front());
    rest.assign(part.words.begin() + 1, part.words.end());
  }
  const auto outcome = parse(sorted);
  if (const auto* status = std::get_if<int>(&outcome)) return *status;
  return words;
}

std::variant<int, std::monostate> CommandLine::parse_options_only(
    std::span<const std::string> arguments) {
  const auto outcome = parse(arguments);
  if (const auto* status = std::get_if<int>(&outcome)) return *status;
  const auto& rest = std::get<Rest>(outcome);
  if (rest.words.empty()) return std::monostate{};
  return complain(fmt::format("{} takes options only, but got \"{}\"; see {} --help",
                              parts_->program, rest.words[0], parts_->program),
                  kUsageError);
}

std::string CommandLine::help() const {
  return parts_->app.help();
}
const std::vector<OptionInfo>& CommandLine::options() const {
  return parts_->options;
}
const std::string& CommandLine::program() const {
  return parts_->program;
}

int complain(std::string_view sentence, int exit_status) {
  fmt::print(stderr, "livefix: {}\n", sentence);
  return exit_status;
}

}  // namespace livefix::cli
