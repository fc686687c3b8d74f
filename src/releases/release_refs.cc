#include "releases/release_refs.h"

#include <algorithm>
#include <string_view>

#include "os/file_replacement.h"

namespace livefix::releases {
namespace {

constexpr std::string_view kReleases = "refs/livefix/releases/";
constexpr Milliseconds kPackPatience{600'000};  // a first push may be large

// Most names are words that no rule of Git is about, and need no process to tell.
bool is_plain(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
}

Result<std::string> checked_ref(const Git& git, std::string_view prefix, const std::string& name) {
  auto ref = fmt::format("{}{}", prefix, name);
  if (is_plain(name)) return ref;
  if (!git.run({.arguments = {"check-ref-format", ref}})) {
    return fail("\"{}\" cannot be the name of a branch or release", name);
  }
  return ref;
}

Result<std::optional<ObjectId>> read_ref(const Git& git, const std::string& ref) {
  const auto answer =
      git.run({.arguments = {"rev-parse", "--verify", "--quiet", "--end-of-options", ref},
               .highest_answer = 1});
  if (!answer) return std::unexpected(answer.error());
  const auto lines = split_lines(answer->output);
  if (lines.empty()) return std::optional<ObjectId>();
  return ObjectId::parse(lines[0]);
}

std::string describe(const std::optional<ObjectId>& commit) {
  return commit ? "at " + commit->short_hex() : "not there";
}

}  // namespace

Status keep_objects(const Git& git, const Quarantine& quarantine, const ObjectId& commit) {
  const auto pushed = git.within(quarantine);
  if (!pushed) return std::unexpected(pushed.error());
  const auto present = git.ask({"for-each-ref", "--format=^%(objectname)"});
  if (!present) return std::unexpected(present.error());
  const auto wanted = fmt::format("{}\n{}\n", commit.hex(), *present);
  // pack-objects writes into the quarantine and moves the pack, whole and synced, to the name that
  // it is given, which may lie elsewhere: so no second process (index-pack) has to read it again.
  // Each object was checked when the push came in (receive.fsckObjects).
  const auto directory = git.git_dir() + "/objects/pack";
  const auto packed = pushed->run({.arguments = {"pack-objects", "--revs", "--non-empty", "--quiet",
                                                 "--delta-base-offset", directory + "/pack"},
                                   .input = wanted,
                                   .patience = kPackPatience});
  if (!packed) {
    if (const auto still = git.within(quarantine); !still) return std::unexpected(still.error());
    return std::unexpected(packed.error());
  }
  if (const auto synced = os::sync_directory(directory); !synced) {
    return fail("{}: {}", directory, synced.error().message);
  }
  const auto found = git.run({.arguments = {"cat-file", "-e", commit.hex() + "^{commit}"}});
  if (!found) return fail("{} could not be kept: {}", commit.hex(), found.error().message);
  return {};
}

Status set_release_ref(const Git& git, const std::string& name, const ObjectId& commit) {
  const auto ref = checked_ref(git, kReleases, name);
  if (!ref) return std::unexpected(ref.error());
  const auto set = git.ask({"update-ref", "-m", "livefix: a release", *ref, commit.hex()});
  if (!set) return std::unexpected(set.error());
  return {};
}

Status delete_release_ref(const Git& git, const std::string& name) {
  const auto ref = checked_ref(git, kReleases, name);
  if (!ref) return std::unexpected(ref.error());
  const auto deleted = git.ask({"update-ref", "-d", *ref});
  if (!deleted) return std::unexpected(deleted.error());
  return {};
}

Result<std::vector<ReleaseRef>> release_refs(const Git& git) {
  const auto answer = git.run(
      {.arguments = {"for-each-ref", "--format=%(objectname) %(refname)", std::string(kReleases)}});
  if (!answer) return std::unexpected(answer.error());
  std::vector<ReleaseRef> result;
  for (const auto line : split_lines(answer->output)) {
    const auto space = std::min(line.find(' '), line.size());
    auto commit = ObjectId::parse(line.substr(0, space));
    const auto ref = line.substr(std::min(space + 1, line.size()));
    if (!commit || !ref.starts_with(kReleases)) continue;
    result.push_back({std::string(ref.substr(kReleases.size())), std::move(*commit)});
  }
  return result;
}

Result<std::optional<ObjectId>> branch_head(const Git& git, const std::string& branch) {
  const auto ref = checked_ref(git, "refs/heads/", branch);
  if (!ref) return std::unexpected(ref.error());
  return read_ref(git, *ref);
}

Status update_branch(const Git& git, const BranchUpdate& update) {
  if (!update.expected && !update.wanted) return {};
  const auto ref = checked_ref(git, "refs/heads/", update.branch);
  if (!ref) return std::unexpected(ref.error());
  const auto& known = update.wanted ? *update.wanted : *update.expected;
  const auto expected = update.expected.value_or(known.zero());
  std::string reason = update.reason;
  std::ranges::replace_if(reason, [](unsigned char c) { return c < 0x20; }, ' ');
  std::vector<std::string> arguments{"update-ref", "--create-reflog", "-m", "livefix: " + reason};
  if (update.wanted) {
    arguments.insert(arguments.end(), {*ref, update.wanted->hex(), expected.hex()});
  } else {
    arguments.insert(arguments.end(), {"-d", *ref, expected.hex()});
  }
  const auto updated = git.ask(std::move(arguments));
  if (updated) return {};
  const auto present = read_ref(git, *ref);
  if (present && *present != update.expected) {
    return fail(
        "the branch {} is {}, and was expected to be {}: somebody changed it meanwhile; "
        "fetch and try again",
        update.branch, describe(*present), describe(update.expected));
  }
  return std::unexpected(updated.error());
}

}  // namespace livefix::releases
