// The options of one command: parsed, explained by --help, and listed for tab completion. CLI11 is
// behind it, in one translation unit. Parsing stops at the first word that is no option: what
// follows belongs to somebody else and is not looked at.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace livefix::cli {

struct OptionInfo {
  std::string name;                  // "--port"
  std::string short_name;            // "-p", or empty
  std::string placeholder;           // "PORT"; empty: a flag
  std::vector<std::string> choices;  // what a value may be; empty: anything
  std::string description;
};

class CommandLine {
 public:
  struct Rest {
    std::vector<std::string> options;  // as they were given
    std::vector<std::string> words;    // what comes after them
    bool separated = false;            // by "--"
  };

  // `program` is how the user calls it, "livefix status"; `usage` what follows that.
  CommandLine(std::string program, std::string usage, std::string description);
  ~CommandLine();
  CommandLine(CommandLine&&) noexcept;

  // `names` is "--port" or "-p,--port". The variables must outlive parse().
  void flag(const std::string& names, const std::string& description, bool& value);
  void value(const std::string& names, const std::string& placeholder,
             const std::string& description, std::string& value,
             std::vector<std::string> choices = {});
  // May be given more than once.
  void list(const std::string& names, const std::string& placeholder,
            const std::string& description, std::vector<std::string>& values);
  // Shown at the end of --help.
  void epilogue(std::string text);

  // An int is an exit status: 0 after --help, 2 after a sentence about what is wrong with the
  // options; either was printed.
  std::variant<int, Rest> parse(std::span<const std::string> arguments);
  // As parse(), for commands whose own words may stand before, between and behind the options.
  std::variant<int, std::vector<std::string>> parse_words(std::span<const std::string> arguments);
  // As parse(), for commands that take nothing but options; an int is returned when it is over.
  std::variant<int, std::monostate> parse_options_only(std::span<const std::string> arguments);

  std::string help() const;
  const std::vector<OptionInfo>& options() const;
  const std::string& program() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// "livefix: " and the sentence, on standard error. Returns `exit_status`.
int complain(std::string_view sentence, int exit_status);

// Exit statuses beside those of the program; 126 and 127 as in a shell.
inline constexpr int kUsageError = 2;
inline constexpr int kDrifted = 3;
inline constexpr int kNotExecutable = 126;
inline constexpr int kNotFound = 127;

}  // namespace livefix::cli
