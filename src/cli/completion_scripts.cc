#include "cli/completion_scripts.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <vector>

#include "cli/commands.h"

namespace livefix::cli {
namespace {

using Options = std::vector<OptionInfo>;

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::vector<std::string> names_of(const Options& options) {
  std::vector<std::string> names;
  for (const auto& option : options) {
    names.push_back(option.name);
    if (!option.short_name.empty()) names.push_back(option.short_name);
  }
  return names;
}

std::vector<std::string> names_with_value(const Options& options) {
  Options chosen;
  for (const auto& option : options) {
    if (!option.placeholder.empty()) chosen.push_back(option);
  }
  return names_of(chosen);
}

// What may follow a command beside its options; none: nothing.
std::vector<std::string> words_of(std::string_view command) {
  if (command == "completion") return {"bash", "zsh", "fish"};
  if (command == "token") return {"add", "list", "remove"};
  if (command == "audit") return {"log", "verify"};
  if (command == "drift") return {"adopt", "restore"};
  return {};
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const auto& command : kCommands) names.emplace_back(command.name);
  return names;
}

// What the value of an option is completed with, as a case of bash.
std::string bash_value_cases() {
  auto options = reload_options();  // --timeout, as stop has it
  std::ranges::move(token_options(), std::back_inserter(options));
  std::ranges::move(logs_options(), std::back_inserter(options));
  std::ranges::move(drift_options(), std::back_inserter(options));
  std::ranges::move(run_options(), std::back_inserter(options));
  std::set<std::string> seen;
  std::string cases;
  for (const auto& option : options) {
    if (option.placeholder.empty() || !seen.insert(option.name).second) continue;
    const auto names = fmt::format("{}", fmt::join(names_of({option}), "|"));
    const auto words =
        option.placeholder == "DIR"    ? std::string("compgen -d -- \"$cur\"")
        : option.placeholder == "FILE" ? std::string("compgen -f -- \"$cur\"")
        : option.placeholder == "SERVICE"
            ? std::string("compgen -W \"$(_livefix_services)\" -- \"$cur\"")
        : option.placeholder == "NAME" ? std::string("compgen -W \"$(_livefix_names)\" -- \"$cur\"")
        : option.choices.empty()
            ? std::string(":")
            : fmt::format("compgen -W '{}' -- \"$cur\"", fmt::join(option.choices, " "));
    cases += fmt::format("        {}) mapfile -t COMPREPLY < <({}); return ;;\n", names, words);
  }
  return cases;
}

// "'(-n --name)'{-n,--name}'[Name of the service]:NAME:'" and the like, for _arguments of zsh.
std::string zsh_arguments(const Options& options, std::string_view indent) {
  std::string result;
  for (const auto& option : options) {
    auto text = replace_all(option.description, "[", "(");
    text = replace_all(replace_all(text, "]", ")"), "'", "");
    text = replace_all(text, ":", "\\:");
    std::string value;
    if (!option.placeholder.empty()) {
      value = fmt::format(":{}:", option.placeholder);
      if (option.placeholder == "DIR") value += "_files -/";
      if (option.placeholder == "FILE") value += "_files";
      if (option.placeholder == "NAME") value += "_livefix_names";
      if (option.placeholder == "SERVICE") value += "_livefix_services";
      if (!option.choices.empty()) value += fmt::format("({})", fmt::join(option.choices, " "));
    }
    const auto spelled = option.short_name.empty() ? fmt::format("'{}", option.name)
                                                   : fmt::format("'({0} {1})'{{{0},{1}}}'",
                                                                 option.short_name, option.name);
    result += fmt::format("{}{}[{}]{}' \\\n", indent, spelled, text, value);
  }
  return result;
}

std::string fish_options(const Options& options, std::string_view condition) {
  std::string result;
  for (const auto& option : options) {
    result += fmt::format("complete -c livefix -n '{}' -l {}", condition, option.name.substr(2));
    if (!option.short_name.empty()) result += fmt::format(" -s {}", option.short_name.substr(1));
    if (option.placeholder == "DIR") {
      result += " -r -a '(__fish_complete_directories)'";
    } else if (option.placeholder == "FILE") {
      result += " -r -F";
    } else if (option.placeholder == "NAME") {
      result += " -x -a '(__livefix_names)'";
    } else if (option.placeholder == "SERVICE") {
      result += " -x -a '(__livefix_services)'";
    } else if (!option.placeholder.empty()) {
      result += fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
    }
    result += fmt::format(" -d '{}'\n", replace_all(option.description, "'", ""));
  }
  return result;
}

}  // namespace

std::string bash_completion() {
  std::string command_cases;
  for (const auto& command : kCommands) {
    if (command.name == "run") continue;
    auto words = names_of(command.options());
    std::ranges::move(words_of(command.name), std::back_inserter(words));
    command_cases +=
        fmt::format("    {}) mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$cur\"); return ;;\n",
                    command.name, fmt::join(words, " "));
  }
  std::string script = R"sh(# Tab completion of livefix for bash.
# In ~/.bashrc: eval "$(livefix completion bash)"
_livefix_names() {  # of what runs here: of several services that of their run
  livefix status --json 2> /dev/null | sed -n -e 's/^{"service":"[a-z0-9-]*","run"/{"service"/' \
    -e 's/^{"service":"\([a-z0-9-]*\)".*/\1/p' | uniq
}
_livefix_services() {  # that the file here describes
  sed -n 's/^ *\[ *service\.\([a-z0-9-]*\) *\].*/\1/p' livefix.toml 2> /dev/null
}
_livefix() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i=1 command= ours=1
  COMPREPLY=()
  while (( i < COMP_CWORD )); do
    case ${COMP_WORDS[i]} in
      --) (( i++ )); command=${COMP_WORDS[i]} ours=; break ;;
      @VALUE_OPTIONS@) (( i += 2 )) ;;
      =) (( i += 2 )) ;;
      -*) (( i++ )) ;;
      run) if [[ -z $ours ]]; then command=run; break; fi; ours=; (( i++ )) ;;
      *) command=${COMP_WORDS[i]}; break ;;
    esac
  done
  [[ $prev == "=" ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
  case $command in
    ''|serve|status|reload|stop|logs|requests|request|plan|diff|drift|history|show|rollback|pause|resume|promote|abort|audit|token)
      case $prev in
@VALUE_CASES@      esac ;;
  esac
  if [[ -n $ours ]]; then
    case $command in
@COMMAND_CASES@    esac
  fi
  if [[ -n $command ]]; then
    if declare -F _command_offset > /dev/null; then
      _command_offset "$i"
    else
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
  elif [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '@OPTIONS@' -- "$cur")
  else
    mapfile -t COMPREPLY < <({
      [[ -n $ours ]] && compgen -W '@COMMANDS@' -- "$cur"
      compgen -f -- "$cur"
      [[ -n $cur ]] && compgen -c -- "$cur"; } | awk '!seen[$0]++')
  fi
}
complete -o filenames -F _livefix livefix
)sh";
  const auto options = run_options();
  script = replace_all(script, "@VALUE_OPTIONS@",
                       fmt::format("{}", fmt::join(names_with_value(options), "|")));
  script = replace_all(script, "@VALUE_CASES@", bash_value_cases());
  script = replace_all(script, "@COMMAND_CASES@", command_cases);
  script = replace_all(script, "@OPTIONS@", fmt::format("{}", fmt::join(names_of(options), " ")));
  return replace_all(script, "@COMMANDS@", fmt::format("{}", fmt::join(command_names(), " ")));
}

std::string zsh_completion() {
  std::string commands;
  std::string cases;
  for (const auto& command : kCommands) {
    commands += fmt::format("    '{}:{}'\n", command.name, command.summary);
    if (command.name == "run") continue;
    const auto words = words_of(command.name);
    const auto more =
        words.empty() ? std::string("'*: :'") : fmt::format("'1:word:({})'", fmt::join(words, " "));
    cases += fmt::format("        {})\n          _arguments \\\n{}            {} ;;\n",
                         command.name, zsh_arguments(command.options(), "            "), more);
  }
  std::string script = R"sh(#compdef livefix
# Tab completion of livefix for zsh. In ~/.zshrc, after compinit: eval "$(livefix completion zsh)"
_livefix_names() {  # of what runs here: of several services that of their run
  compadd -- ${(f)"$(livefix status --json 2> /dev/null |
    sed -n -e 's/^{"service":"[a-z0-9-]*","run"/{"service"/' \
      -e 's/^{"service":"\([a-z0-9-]*\)".*/\1/p' | uniq)"}
}
_livefix_services() {  # that the file here describes
  compadd -- ${(f)"$(sed -n 's/^ *\[ *service\.\([a-z0-9-]*\) *\].*/\1/p' livefix.toml 2> /dev/null)"}
}
_livefix() {
  local curcontext="$curcontext" state line
  local -a own  # not `commands`: that is zsh's own table, which _command_names reads
  own=(
@COMMANDS@  )
  _arguments -C -S -A '-*' \
@OPTIONS@    '(-): :->command' \
    '*:: :->rest'
  case $state in
    command)
      _describe -t commands 'livefix command' own
      _command_names -e
      _files
      ;;
    rest)
      case $words[1] in
@CASES@        run) shift words; (( CURRENT-- )); _normal ;;
        *) _normal ;;
      esac
      ;;
  esac
}
compdef _livefix livefix
)sh";
  script = replace_all(script, "@COMMANDS@", commands);
  script = replace_all(script, "@OPTIONS@", zsh_arguments(run_options(), "    "));
  return replace_all(script, "@CASES@", cases);
}

std::string fish_completion() {
  std::string script =
      "# Tab completion of livefix for fish. In ~/.config/fish/config.fish:\n"
      "#   livefix completion fish | source\n"
      "function __livefix_names  # of what runs here: of several services that of their run\n"
      "  livefix status --json 2> /dev/null |\n"
      "    string replace -r '^\\{\"service\":\"[a-z0-9-]*\",\"run\"' '{\"service\"' |\n"
      "    string replace -rf '^\\{\"service\":\"([a-z0-9-]*)\".*' '$1' | uniq\n"
      "end\n"
      "function __livefix_services  # that the file here describes\n"
      "  cat livefix.toml 2> /dev/null |\n"
      "    string replace -rf '^ *\\[ *service\\.([a-z0-9-]*) *\\].*' '$1'\n"
      "end\n"
      "complete -c livefix -f\n";
  script += fish_options(run_options(), "__fish_use_subcommand");
  for (const auto& command : kCommands) {
    script += fmt::format("complete -c livefix -n __fish_use_subcommand -a {} -d '{}'\n",
                          command.name, command.summary);
    if (command.name == "run") continue;
    const auto seen = fmt::format("__fish_seen_subcommand_from {}", command.name);
    script += fish_options(command.options(), seen);
    if (const auto words = words_of(command.name); !words.empty()) {
      script += fmt::format("complete -c livefix -n '{}' -a '{}'\n", seen, fmt::join(words, " "));
    }
  }
  script += fmt::format(
      "complete -c livefix -n __fish_use_subcommand -F\n"
      "complete -c livefix -n __fish_use_subcommand -a '(__fish_complete_command)'\n"
      "complete -c livefix -n 'not __fish_use_subcommand; and not __fish_seen_subcommand_from "
      "{}' "
      "-F\n",
      fmt::join(command_names(), " "));
  return script;
}

}  // namespace livefix::cli
