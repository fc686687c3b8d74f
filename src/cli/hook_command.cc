// livefix hook pre-receive, which Git runs in a repository of `livefix serve`: what was pushed is
// told to livefix, what it says goes to whoever pushed, and the push is taken or refused as it
// says. livefix hook post-receive, after a push was taken: refs that had only to be pushed go.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "cli/api_client.h"
#include "cli/caller_name.h"
#include "cli/commands.h"
#include "cli/terminal_text.h"
#include "model/push_words.h"
#include "os/capture.h"
#include "os/stream_reader.h"

namespace livefix::cli {
namespace {

namespace json = boost::json;

constexpr Milliseconds kConnect{5'000};
constexpr std::size_t kMaxUpdates = 1'000;

// To whoever pushed, whose terminal shows it: lines of builds and programs are among it.
void say(std::string_view sentence) {
  fmt::print(stderr, "livefix  {}\n", terminal_lines(sentence, Colours::kept));
}

// "OLD NEW REF" a line, as git-receive-pack(1) says them.
Result<json::array> read_updates(std::istream& input) {
  json::array updates;
  std::string before;
  std::string after;
  std::string ref;
  while (input >> before >> after && std::getline(input >> std::ws, ref)) {
    if (updates.size() == kMaxUpdates) {
      return fail("more than {} branches and tags at once; push them in portions", kMaxUpdates);
    }
    updates.push_back(json::object{{"before", before}, {"after", after}, {"ref", ref}});
  }
  return updates;
}

// Over SSH the keys of many people can lead to one account: what that sets tells them apart.
std::string pusher() {
  for (const char* name : {"LIVEFIX_PUSHER", "GL_USER", "REMOTE_USER", "SSH_USER"}) {
    if (const char* value = std::getenv(name); value && *value) return value;
  }
  return caller_name();
}

// What came with git push -o (githooks(5)).
std::vector<std::string> push_options() {
  std::vector<std::string> options;
  const char* count = std::getenv("GIT_PUSH_OPTION_COUNT");
  const int most = count ? std::atoi(count) : 0;
  for (int i = 0; i < most; ++i) {
    const char* option = std::getenv(fmt::format("GIT_PUSH_OPTION_{}", i).c_str());
    if (option) options.emplace_back(option);
  }
  return options;
}

json::object describe(json::array updates, const std::vector<std::string>& options) {
  json::object push{{"updates", std::move(updates)}, {"pusher", pusher()}};
  push["options"] = json::array(options.begin(), options.end());
  const auto directory = std::filesystem::current_path();
  for (const char* name :
       {"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH"}) {
    if (const char* value = std::getenv(name)) {
      push[name] = (directory / value).lexically_normal().string();
    }
  }
  return push;
}

// A repository is STATE/NAME.git, and its livefix listens at STATE/run/NAME/control.sock.
std::string socket_of(const std::filesystem::path& repository) {
  const auto name = repository.stem().string();
  return repository.parent_path() / "run" / name / "control.sock";
}

int pre_receive() {
  const auto repository = std::filesystem::current_path();
  auto updates = read_updates(std::cin);
  if (!updates) {
    say(updates.error().message);
    return 1;
  }
  if (updates->empty()) return 0;
  const std::string path = socket_of(repository);
  auto connection = connect_to_socket(path, kConnect);
  if (!connection) {
    say(fmt::format("refused: nothing runs here ({}); start it with livefix serve",
                    connection.error().message));
    return 1;
  }
  const auto options = push_options();
  const bool is_program = std::ranges::find(options, kVerdictOption) != options.end();
  bool taken = false;
  bool has_verdict = false;
  const ApiRequest request{.is_post = true,
                           .target = "/v1/push",
                           .body = json::serialize(describe(std::move(*updates), options))};
  const auto on_line = [&](std::string_view line) {
    boost::system::error_code error;
    const json::value value = json::parse(line, error);
    const json::object* object = error ? nullptr : value.if_object();
    if (!object) return;
    if (const json::value* text = object->if_contains("line"); text && text->is_string()) {
      say(std::string_view(text->get_string()));
    }
    if (const json::value* text = object->if_contains("message"); text && text->is_string()) {
      say(std::string_view(text->get_string()));
    }
    if (const json::value* ok = object->if_contains("ok"); ok && ok->is_bool()) {
      has_verdict = true;
      taken = ok->get_bool();
      if (is_program) fmt::print(stderr, "{}{}\n", kVerdictPrefix, line);
    }
  };
  // Git itself waits for its hook, whoever has left.
  const pid_t git = getppid();
  const auto goes_on = [git] {
    return getppid() == git && os::may_have_reader(git, STDOUT_FILENO);
  };
  const auto status = follow(std::move(*connection), request, on_line, goes_on);
  if (!has_verdict) {
    say(
        fmt::format("refused: livefix ended before it had a verdict{}; livefix history tells what "
                    "became of it",
                    status ? "" : fmt::format(" ({})", status.error().message)));
  }
  return taken ? 0 : 1;
}

// The branch has moved, as livefix knew that it would. A ref that asked for a rollout once more
// has done what it was for.
int post_receive() {
  const auto updates = read_updates(std::cin);
  if (!updates) return 0;
  for (const json::value& update : *updates) {
    const std::string ref(std::string_view(update.at("ref").get_string()));
    if (!ref.starts_with(kRepeatPrefix)) continue;
    const auto gone = os::capture(
        {.command = {"git", "update-ref", "-d", ref}, .patience = Milliseconds{10'000}});
    if (!gone) say(fmt::format("{} stays: {}", ref, gone.error().message));
  }
  return 0;
}

}  // namespace

Outcome run_hook(Arguments arguments) {
  if (arguments.size() == 1 && arguments[0] == "pre-receive") return pre_receive();
  if (arguments.size() == 1 && arguments[0] == "post-receive") return post_receive();
  return complain("livefix hook is called by Git in a repository that livefix serves, not by hand",
                  kUsageError);
}

}  // namespace livefix::cli
