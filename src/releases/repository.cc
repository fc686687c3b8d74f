#include "releases/repository.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "os/file_replacement.h"
#include "os/small_file.h"
#include "releases/hook_files.h"
#include "releases/leftovers.h"
#include "releases/scratch.h"

namespace livefix::releases {
namespace {

constexpr const char* kConfigFile = "livefix.config";
constexpr const char* kScratch = ".tmp-";
constexpr std::size_t kLongestConfig = 1 << 20;

// What these are for is in docs/releases.md.
std::string configuration(const RepositorySettings& settings) {
  return fmt::format(
      R"(# Written by livefix, and again when it starts: put nothing here. What stands in
# the file "config" behind the include of this one wins.
[core]
	logAllRefUpdates = always
	fsync = committed
[gc]
	auto = 0
[maintenance]
	auto = false
[receive]
	autogc = false
	fsckObjects = true
	maxInputSize = {}
	denyCurrentBranch = ignore
	advertisePushOptions = true
	hideRefs = refs/livefix
# Blemishes of old commits that can never be mended, and harm nobody.
[receive "fsck"]
	badTimezone = ignore
	missingSpaceBeforeDate = ignore
	zeroPaddedFilemode = ignore
[transfer]
	fsckObjects = true
[http]
	receivepack = true
	uploadpack = true
)",
      settings.largest_push);
}

// The last word on attributes, above every .gitattributes of a commit: files are laid out, compared
// and shown byte for byte, and no filter of a name that a commit chose is ever looked up.
// Measured with Git 2.39: GIT_ATTR_SOURCE came later, and core.attributesFile ranks lowest.
constexpr std::string_view kAttributes =
    "* -text !eol -crlf -filter -ident -working-tree-encoding !diff !merge -export-subst "
    "-export-ignore !whitespace\n";

Status make_directories(const std::string& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) return fail("{}: {}", path, failed.message());
  return {};
}

bool exists(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0;
}

// Whole or not at all: of an init that was killed halfway Git's locks would stay.
Status make_repository(const std::string& path) {
  const auto scratch = Scratch::make(path + kScratch);
  if (!scratch) return fail("{}: {}", path, std::strerror(scratch.error().os_error));
  const auto made = scratch->path() + "/made";
  if (mkdir(made.c_str(), 0777) < 0) return fail_errno("{}", made);
  // Without a template: sample hooks and descriptions of the machine are not wanted.
  const auto initialised = Git(made).ask({"init", "--quiet", "--bare", "--template="});
  if (!initialised) return fail("{}: {}", path, initialised.error().message);
  if (rename(made.c_str(), path.c_str()) < 0) {
    if (errno != ENOTEMPTY && errno != EEXIST) return fail_errno("{}", path);
    return fail("{} is there and is no repository of Git; move it away", path);
  }
  return os::sync_directory(std::filesystem::path(path).parent_path());
}

// Writes a file of ours where it is not as it should be.
Status write_once(const std::string& path, std::string_view text) {
  if (os::read_small_file(path, text.size()) == std::string(text)) return {};
  if (const auto written = os::replace_file(path, text, 0644); !written) {
    return fail("{}: {}", path, written.error().message);
  }
  return {};
}

Status configure(const Git& git, const RepositorySettings& settings) {
  const auto text = configuration(settings);
  if (auto written = write_once(git.git_dir() + "/" + kConfigFile, text); !written) return written;
  const auto includes = git.run(
      {.arguments = {"config", "--local", "--get-all", "include.path"}, .highest_answer = 1});
  if (!includes) return std::unexpected(includes.error());
  const auto present = split_lines(includes->output);
  if (std::ranges::find(present, kConfigFile) != present.end()) return {};
  // Not by git-config, whose lock would stay if it were killed.
  const auto path = git.git_dir() + "/config";
  const auto present_text = os::read_small_file(path, kLongestConfig);
  if (!present_text) return fail("{} cannot be read, or is longer than 1 MiB", path);
  const auto with_ours = fmt::format("{}\n[include]\n\tpath = {}\n", *present_text, kConfigFile);
  if (const auto written = os::replace_file(path, with_ours, 0644); !written) {
    return fail("{}: {}", path, written.error().message);
  }
  return {};
}

Status write_attributes(const std::string& git_dir) {
  if (const auto made = make_directories(git_dir + "/info"); !made) return made;
  return write_once(git_dir + "/info/attributes", kAttributes);
}

Status set_head(const Git& git, const std::string& branch) {
  const auto wanted = "refs/heads/" + branch;
  const auto valid = git.run({.arguments = {"check-ref-format", wanted}});
  if (!valid) return fail("\"{}\" cannot be the name of a branch", branch);
  if (const auto head = git.ask({"symbolic-ref", "--quiet", "HEAD"}); head && *head == wanted) {
    return {};
  }
  return write_once(git.git_dir() + "/HEAD", fmt::format("ref: {}\n", wanted));
}

}  // namespace

Result<Git> open_repository(const RepositorySettings& settings) {
  const auto& path = settings.path;
  if (!path.starts_with('/')) return fail("{}: the repository needs an absolute path", path);
  const auto parent = std::filesystem::path(path).parent_path().string();
  std::error_code failed;
  std::filesystem::create_directories(parent, failed);
  if (failed) return fail("{}: {}", path, failed.message());
  remove_scratch(parent, std::filesystem::path(path).filename().string());
  Git git(path);
  if (!exists(path + "/HEAD")) {
    if (const auto made = make_repository(path); !made) return std::unexpected(made.error());
  }
  remove_scratch(path);
  remove_leftovers(git);
  for (const auto& status :
       {configure(git, settings), write_attributes(path), set_head(git, settings.live_branch),
        write_hooks(path, settings.livefix_program)}) {
    if (!status) return std::unexpected(status.error());
  }
  return git;
}

}  // namespace livefix::releases
