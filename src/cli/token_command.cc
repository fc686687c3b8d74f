// livefix token add|list|remove: who may push over HTTP. Changes STATE/tokens, whether livefix runs
// or not; control looks at it with each request, and takes what is new in it into the ledger.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>

#include "cli/caller_name.h"
#include "cli/commands.h"
#include "cli/nearest_name.h"
#include "model/token_change.h"
#include "os/file_update.h"
#include "os/small_file.h"

namespace livefix::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string scope = "push";
  std::string state;
};

CommandLine describe(Options& options) {
  CommandLine line("livefix token", "add|list|remove [NAME] [options]",
                   "Says who may push to livefix over HTTP, and who no longer may.");
  line.value("--scope", "SCOPE", "What it is good for: push, read or admin [push]", options.scope,
             {"push", "read", "admin"});
  line.value("--state", "DIR",
             "Where commits, releases and the ledger are kept [$LIVEFIX_DIR, else .livefix here]",
             options.state);
  line.epilogue(
      "Examples:\n"
      "  livefix token add ci                 prints a token, this once\n"
      "  livefix token add anna --scope read\n"
      "  livefix token list\n"
      "  livefix token remove ci              from now on\n\n"
      "Whoever has it pushes to http://TOKEN@HOST:PORT/NAME.git");
  return line;
}

std::string state_directory(const Options& options) {
  const char* variable = std::getenv("LIVEFIX_DIR");
  const fs::path given = !options.state.empty()  ? options.state
                         : variable && *variable ? variable
                                                 : ".livefix";
  return fs::absolute(given).lexically_normal().string();
}

std::string token_file(const Options& options) {
  return fs::path(state_directory(options)) / kTokenFileName;
}

// A token may come before the first start of livefix.
Status make_state_directory(const fs::path& directory) {
  std::error_code error;
  if (fs::is_directory(directory, error)) return {};
  fs::create_directories(directory, error);
  if (!error) fs::permissions(directory, fs::perms::owner_all, error);
  if (error) {
    return fail("{}: {}; name another directory with --state", directory.string(), error.message());
  }
  // `.livefix` beside a service is nobody's source.
  if (directory.filename() == ".livefix") std::ofstream(directory / ".gitignore") << "*\n";
  return {};
}

std::string now() {
  const std::time_t seconds = std::time(nullptr);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

Result<std::vector<Token>> read_tokens(const std::string& path) {
  const auto text = os::read_small_file(path, kMaxTokenFile);
  if (!text && text.error().os_error == ENOENT) return std::vector<Token>{};
  auto all = text ? parse_token_register(*text) : std::unexpected(text.error());
  if (!all) return fail("{}: {}", path, all.error().message);
  return std::move(all->tokens);
}

// `change` says what is wrong, in a whole sentence, or changes the tokens and notes that.
Status change_tokens(const std::string& path, const std::function<Status(TokenRegister&)>& change) {
  bool is_refused = false;
  const auto changed = os::update_file(
      path, 0600, kMaxTokenFile, [&](const std::string& before) -> Result<std::string> {
        auto all = parse_token_register(before);
        if (!all) return std::unexpected(all.error());
        if (const auto done = change(*all); !done) {
          is_refused = true;
          return std::unexpected(done.error());
        }
        std::string after = token_register_to_json(*all);
        if (after.size() <= kMaxTokenFile) return after;
        return fail("it would have more than {} bytes", kMaxTokenFile);
      });
  if (changed || is_refused) return changed;
  return fail("{}: {}", path, changed.error().message);
}

int add(const Options& options, const std::string& name) {
  if (!Token::is_name(name)) {
    return complain(fmt::format("livefix token add: \"{}\" cannot be a name; take 1 to 64 of a-z, "
                                "0-9 and -",
                                name),
                    kUsageError);
  }
  if (const auto made = make_state_directory(state_directory(options)); !made) {
    return complain(made.error().message, 1);
  }
  const auto secret = make_token_secret();
  if (!secret) return complain(secret.error().message, 1);
  const std::string path = token_file(options);
  const auto added = change_tokens(path, [&](TokenRegister& all) -> Status {
    if (std::ranges::find(all.tokens, name, &Token::name) != all.tokens.end()) {
      return fail("there is a token {0} in {1}; livefix token remove {0} takes it away", name,
                  path);
    }
    all.tokens.push_back({name, {*scope_named(options.scope)}, Token::digest_of(*secret), now()});
    // The rest is the journal's, so that what is there can always be removed.
    if (tokens_to_json(all.tokens).size() > kMaxTokenFile / 2) {
      return fail(
          "there is no room in {} for more tokens; livefix token remove takes away those that "
          "nobody uses",
          path);
    }
    return all.note(TokenChange::What::add, all.tokens.back(), caller_name(), now());
  });
  if (!added) return complain(added.error().message, 1);
  // What is piped on is the token alone.
  fmt::print("{}\n", *secret);
  fmt::print(stderr,
             "livefix: token {} ({}) is in {} as a digest; what is printed here is not kept "
             "anywhere, so put it where it belongs now\n",
             name, options.scope, path);
  return 0;
}

int list(const Options& options) {
  const std::string path = token_file(options);
  const auto tokens = read_tokens(path);
  if (!tokens) return complain(tokens.error().message, 1);
  if (tokens->empty()) {
    fmt::print(stderr, "livefix: no tokens in {}; livefix token add NAME makes one\n", path);
    return 0;
  }
  std::size_t width = 4;
  for (const Token& token : *tokens) width = std::max(width, token.name.size());
  fmt::print("{:{}}  {:5}  CREATED\n", "NAME", width, "SCOPE");
  for (const Token& token : *tokens) {
    fmt::print("{:{}}  {:5}  {}\n", token.name, width, token.scope_names(), token.created);
  }
  return 0;
}

int remove(const Options& options, const std::string& name) {
  const std::string path = token_file(options);
  std::error_code error;
  const auto missing = [&](const std::vector<Token>& tokens) {
    std::vector<std::string> names;
    for (const Token& token : tokens) names.push_back(token.name);
    const auto meant = nearest_name(name, names);
    return fail("there is no token \"{}\" in {}; {}", name, path,
                meant ? fmt::format("did you mean {}?", *meant) : "see livefix token list");
  };
  // A state directory that is not there is not made for this.
  if (!fs::exists(path, error)) return complain(missing({}).error().message, 1);
  const auto removed = change_tokens(path, [&](TokenRegister& all) -> Status {
    const auto found = std::ranges::find(all.tokens, name, &Token::name);
    if (found == all.tokens.end()) return missing(all.tokens);
    auto noted = all.note(TokenChange::What::remove, *found, caller_name(), now());
    std::erase_if(all.tokens, [&](const Token& one) { return one.name == name; });
    return noted;
  });
  if (!removed) return complain(removed.error().message, 1);
  fmt::print("token {} removed\n", name);
  return 0;
}

}  // namespace

Outcome manage_tokens(Arguments arguments) {
  Options options;
  auto line = describe(options);
  const auto parsed = line.parse_words(arguments);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  const auto& words = std::get<std::vector<std::string>>(parsed);
  const std::string verb = words.empty() ? "" : words[0];
  if (verb == "list" && words.size() == 1) return list(options);
  if (verb == "add" && words.size() == 2) return add(options, words[1]);
  if (verb == "remove" && words.size() == 2) return remove(options, words[1]);
  return complain(
      "livefix token needs one of: add NAME, list, remove NAME; see livefix token --help",
      kUsageError);
}

std::vector<OptionInfo> token_options() {
  Options options;
  return describe(options).options();
}

}  // namespace livefix::cli
