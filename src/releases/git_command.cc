#include "releases/git_command.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "os/capture.h"
#include "os/fd.h"

namespace livefix::releases {
namespace {

// What the repository's own configuration says of these does not count: a program of the desk
// may have written there.
constexpr const char* kSettings[] = {
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.autocrlf=false",
    "core.eol=lf",
    "core.fileMode=true",
    "core.symlinks=true",
    "core.splitIndex=false",
    "core.untrackedCache=false",
    "core.fsync=committed,index",
    "core.sparseCheckout=false",
    "core.alternateRefsCommand=true",
    "core.logAllRefUpdates=always",  // a reflog also in a bare repository
    "log.showSignature=false",
    "protocol.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "gpg.program=false",  // only SSH signatures are verified, see signature_check.h
    "gpg.x509.program=false",
    "gpg.ssh.program=ssh-keygen",
};

constexpr const char* kEnvironment[] = {
    "LC_ALL=C",
    "GIT_CONFIG_NOSYSTEM=1",
    "GIT_CONFIG_GLOBAL=/dev/null",
    "GIT_ATTR_NOSYSTEM=1",
    "GIT_NO_REPLACE_OBJECTS=1",  // refs/replace/ can be pushed, and would swap what is read
    "GIT_LITERAL_PATHSPECS=1",
    "GIT_TERMINAL_PROMPT=0",
    "GIT_OPTIONAL_LOCKS=0",
    "GIT_PAGER=cat",
    "GIT_EDITOR=false",
};

Result<os::Fd> as_input(std::string_view bytes) {
  os::Fd file(memfd_create("livefix-git-input", MFD_CLOEXEC));
  if (!file) return fail_errno("memfd_create");
  while (!bytes.empty()) {
    const ssize_t size = write(file.get(), bytes.data(), bytes.size());
    if (size < 0 && errno != EINTR) return fail_errno("write to a memfd");
    if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  if (lseek(file.get(), 0, SEEK_SET) < 0) return fail_errno("lseek");
  return file;
}

std::string_view without_newlines(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

// The last few lines as one. Where some say that they are the error, only they: the others are
// advice to people at a terminal.
std::string last_complaint(std::string_view errors) {
  constexpr std::size_t kMostLines = 4;
  std::vector<std::string_view> lines;
  std::vector<std::string_view> named;
  for (const auto line : split_lines(errors)) {
    if (line.empty() || line.starts_with("hint:")) continue;
    lines.push_back(line);
    if (line.starts_with("fatal: ") || line.starts_with("error: ")) named.push_back(line);
  }
  if (!named.empty()) lines = std::move(named);
  if (lines.size() > kMostLines) lines.erase(lines.begin(), lines.end() - kMostLines);
  return fmt::format("{}", fmt::join(lines, "; "));
}

std::string real_path(const std::string& path) {
  char* resolved = realpath(path.c_str(), nullptr);
  if (!resolved) return {};
  std::string result = resolved;
  std::free(resolved);
  return result;
}

}  // namespace

Result<Git> Git::within(const Quarantine& quarantine) const {
  const auto pushed = real_path(quarantine.object_directory);
  if (pushed.empty()) {
    return fail("the objects of the push are gone ({}): it was given up; push again",
                quarantine.object_directory);
  }
  // The names come over a socket: a directory of somebody else's objects is none of this push.
  const auto objects = real_path(git_dir_ + "/objects");
  if (!pushed.starts_with(objects + "/")) {
    return fail("{}: the objects of a push are expected in {}", pushed, objects);
  }
  Git result = *this;
  result.quarantine_ = {
      "GIT_OBJECT_DIRECTORY=" + pushed,
      "GIT_ALTERNATE_OBJECT_DIRECTORIES=" +
          (quarantine.alternate_directories.empty() ? objects : quarantine.alternate_directories),
      "GIT_QUARANTINE_PATH=" + quarantine.quarantine_path,  // Git refuses to move a branch with it
  };
  return result;
}

std::vector<std::string> Git::environment(const GitCall& call) const {
  std::vector<std::string> result(std::begin(kEnvironment), std::end(kEnvironment));
  for (const char* name : {"PATH", "TMPDIR"}) {
    if (const char* value = std::getenv(name)) result.push_back(fmt::format("{}={}", name, value));
  }
  result.push_back("GIT_DIR=" + git_dir_);
  result.insert(result.end(), quarantine_.begin(), quarantine_.end());
  result.insert(result.end(), call.environment.begin(), call.environment.end());
  return result;
}

Result<GitAnswer> Git::run(const GitCall& call) const {
  std::vector<std::string> command{"git"};
  for (const char* setting : kSettings) command.insert(command.end(), {"-c", setting});
  command.insert(command.end(), call.arguments.begin(), call.arguments.end());
  // With "-c NAME=VALUE" before it where a call has settings of its own.
  const auto verb = std::ranges::find_if(
      call.arguments, [](const auto& word) { return word != "-c" && !word.contains('='); });
  const auto name = verb == call.arguments.end() ? "git" : "git " + *verb;

  os::Fd input;
  if (!call.input.empty()) {
    auto made = as_input(call.input);
    if (!made) return std::unexpected(made.error());
    input = std::move(*made);
  }
  auto captured = os::capture_with_errors({
      .command = std::move(command),
      .environment = environment(call),
      .clean_environment = true,
      .directory = call.directory.empty() ? git_dir_ : call.directory,
      .standard_input = input.get(),
      .patience = call.patience,
      .most_output = call.most_output,
      .cut_output = call.cut_output,
      .ends_with_caller = true,
  });
  if (!captured) {
    return std::unexpected(
        Error{fmt::format("{}: {}", name, captured.error().message), captured.error().os_error});
  }
  if (captured->exit_status > call.highest_answer) {
    const auto complaint = last_complaint(captured->errors);
    if (complaint.empty()) return fail("{} ended with {}", name, captured->exit_status);
    return fail("{}: {}", name, complaint);
  }
  return GitAnswer{std::move(captured->output), std::move(captured->errors), captured->exit_status,
                   captured->cut};
}

Result<std::string> Git::ask(std::vector<std::string> arguments) const {
  const auto answer = run({.arguments = std::move(arguments)});
  if (!answer) return std::unexpected(answer.error());
  return std::string(without_newlines(answer->output));
}

std::vector<std::string_view> split_list(std::string_view list) {
  std::vector<std::string_view> result;
  while (!list.empty()) {
    const auto end = std::min(list.find('\0'), list.size());
    result.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return result;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> result;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    result.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

}  // namespace livefix::releases
