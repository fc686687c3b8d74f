#include "releases/release_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string_view>
#include <utility>

#include "os/file_replacement.h"
#include "os/small_file.h"
#include "releases/beneath.h"
#include "releases/scratch.h"
#include "releases/tree_layout.h"

namespace livefix::releases {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdDigits = 12;
constexpr std::size_t kArtifactDigits = 8;
constexpr std::size_t kLongestCard = 100;         // bytes of ID.commit
constexpr std::size_t kLongestList = 512U << 10;  // bytes of ID.artifacts
constexpr std::string_view kGone = ".gone-";
constexpr const char* kBesides[] = {".commit", ".index", ".artifacts", ".built"};

bool are_digits(std::string_view text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return std::ranges::all_of(text, is_digit);
}

// "8e060242090a" of a commit alone, "8e060242090a-1f2e3d4c" with artifacts.
bool is_id(std::string_view text) {
  if (text.size() != kIdDigits && text.size() != kIdDigits + 1 + kArtifactDigits) return false;
  if (!are_digits(text.substr(0, kIdDigits))) return false;
  const auto rest = text.substr(kIdDigits);
  return rest.empty() || (rest[0] == '-' && are_digits(rest.substr(1)));
}

// Of the id that a name begins with and what follows it: ".commit".
std::pair<std::string, std::string_view> take_apart(std::string_view name) {
  const auto dot = std::min(name.find('.'), name.size());
  return {std::string(name.substr(0, dot)), name.substr(dot)};
}

Status rename_path(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) < 0) return fail_errno("{}", to);
  return {};
}

bool is_gone(std::string_view name) {
  const auto [id, rest] = take_apart(name);
  return is_id(id) && rest.starts_with(kGone);
}

// What belongs to a release, by its name, and is none of the files that it may have.
bool is_leftover(const std::string& directory, const std::string& name) {
  const auto [id, rest] = take_apart(name);
  if (!is_id(id) || rest.empty() || is_gone(name)) return false;  // somebody else's, or for sweep()
  if (std::ranges::find(kBesides, rest) == std::end(kBesides)) return true;
  return !is_directory(directory + "/" + id);
}

// Gives a path of that release a name that no release has; a file goes at once, which needs no
// room. Absent is as good as gone.
Status take_away(const std::string& directory, const std::string& name) {
  const auto path = directory + "/" + name;
  struct stat status{};
  if (lstat(path.c_str(), &status) < 0 && errno == ENOENT) return {};
  if (!is_directory(path)) {
    if (unlink(path.c_str()) < 0) return fail_errno("{}", path);
    return {};
  }
  auto gone = fmt::format("{}/{}{}XXXXXX", directory, take_apart(name).first, kGone);
  if (!mkdtemp(gone.data())) return fail_errno("{}", gone);
  return rename_path(path, gone + "/" + name);
}

Result<std::vector<std::string>> names_in(const std::string& directory,
                                          const std::function<bool(const std::string&)>& wanted) {
  std::vector<std::string> result;
  std::error_code failed;
  for (fs::directory_iterator entry(directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    auto name = entry->path().filename().string();
    if (wanted(name)) result.push_back(std::move(name));
  }
  if (failed) return fail("{}: {}", directory, failed.message());
  return result;
}

Status take_leftovers_away(const std::string& directory) {
  const auto left =
      names_in(directory, [&](const auto& name) { return is_leftover(directory, name); });
  if (!left) return std::unexpected(left.error());
  for (const auto& name : *left) {
    // A directory that has to wait harms nobody; a file could say of the next release that it is
    // built.
    const auto taken = take_away(directory, name);
    if (!taken && !is_directory(fmt::format("{}/{}", directory, name))) return taken;
  }
  return {};
}

std::chrono::system_clock::time_point time_of(const struct stat& status) {
  return std::chrono::system_clock::time_point(
      std::chrono::seconds(status.st_mtim.tv_sec) +
      std::chrono::microseconds(status.st_mtim.tv_nsec / 1000));
}

// A line for each, "bin/shop:9f86d0...".
std::string list_of(const Artifacts& artifacts) {
  std::string lines;
  for (const Artifact& one : artifacts) lines += one.text() + "\n";
  return lines;
}

Result<Artifacts> read_list(const std::string& path) {
  const auto text = os::read_small_file(path, kLongestList);
  if (!text) return fail("{}: {}", path, text.error().message);
  std::vector<Artifact> artifacts;
  for (const auto line : split_lines(*text)) {
    auto one = parse_artifact(line);
    if (!one) return fail("{}: {}", path, one.error().message);
    artifacts.push_back(std::move(*one));
  }
  return collect_artifacts(std::move(artifacts));
}

}  // namespace

std::string release_id(const ObjectId& commit, std::span<const Artifact> artifacts) {
  const auto id = commit.hex().substr(0, kIdDigits);
  return artifacts.empty() ? id : fmt::format("{}-{}", id, artifacts_digest(artifacts));
}

Result<ReleaseStore> ReleaseStore::open(Git git, std::string directory, ArtifactStore artifacts,
                                        TreeLimits limits) {
  if (!directory.starts_with('/')) return fail("{}: releases need an absolute path", directory);
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed) return fail("{}: {}", directory, failed.message());
  if (const auto taken = take_leftovers_away(directory); !taken) {
    return std::unexpected(taken.error());
  }
  return ReleaseStore(std::move(git), std::move(directory), std::move(artifacts), limits);
}

Result<Release> ReleaseStore::lay_out(const ObjectId& commit,
                                      const std::optional<Quarantine>& quarantine,
                                      const Artifacts& artifacts, const TreeSurvey* surveyed) {
  const auto id = release_id(commit, artifacts);
  auto present = find(id);
  if (!present) return std::unexpected(present.error());
  if (*present) {
    // Two commits with the same first digits do not come about by chance.
    if ((*present)->commit != commit) {
      return fail("{} is the release of commit {}, not of {}; make another commit",
                  (*present)->directory, (*present)->commit.hex(), commit.hex());
    }
    if ((*present)->artifacts != artifacts) {
      return fail("{} is the release of other artifacts; build them anew, or make another commit",
                  (*present)->directory);
    }
    // It is the newest for prune() again. A time that cannot be set changes nothing else.
    (void)utimensat(AT_FDCWD, path_of(id + ".commit").c_str(), nullptr, 0);
    return std::move(**present);
  }
  if (!quarantine) return make(git_, commit, artifacts, surveyed);
  const auto pushed = git_.within(*quarantine);
  if (!pushed) return std::unexpected(pushed.error());
  auto made = make(*pushed, commit, artifacts, surveyed);
  if (made) return made;
  // "unable to read tree" is no help to somebody whose push was cut off.
  if (const auto still = git_.within(*quarantine); !still) return std::unexpected(still.error());
  return made;
}

Result<std::uint64_t> ReleaseStore::size_of(const Artifacts& artifacts) const {
  std::uint64_t bytes = 0;
  for (const Artifact& one : artifacts) {
    const auto size = artifacts_.find(one.sha256);
    if (!size) {
      return fail("the artifact {} ({}) is not here; livefix push --artifact sends it", one.path,
                  one.short_hash());
    }
    bytes += *size;
  }
  return bytes;
}

Status ReleaseStore::place(const Artifacts& artifacts, const std::string& tree) const {
  if (artifacts.empty()) return {};
  const auto root = open_directory(tree);
  if (!root) return std::unexpected(root.error());
  for (const Artifact& one : artifacts) {
    if (auto placed = artifacts_.place(one, root->get()); !placed) return placed;
  }
  return sync_file_system(tree);
}

Result<Release> ReleaseStore::make(const Git& git, const ObjectId& commit,
                                   const Artifacts& artifacts, const TreeSurvey* surveyed) {
  const auto survey =
      surveyed ? Result<TreeSurvey>(*surveyed) : survey_tree(git, commit, "", limits_);
  if (!survey) return std::unexpected(survey.error());
  const auto beside = size_of(artifacts);
  if (!beside) return std::unexpected(beside.error());
  if (const auto room =
          check_room(directory_, survey->bytes + *beside, survey->files + artifacts.size());
      !room) {
    return std::unexpected(room.error());
  }
  const auto id = release_id(commit, artifacts);
  auto scratch = Scratch::make(path_of(id + ".tmp-"));
  if (!scratch) return std::unexpected(scratch.error());
  const auto tree = scratch->path() + "/tree";
  if (mkdir(tree.c_str(), 0777) < 0) return fail_errno("{}", tree);
  const auto index = scratch->path() + "/index";
  const auto card = scratch->path() + "/commit";
  // It comes onto the disk with the tree.
  if (const auto written = os::write_file(card, commit.hex() + "\n", 0644); !written) {
    return fail("{}: {}", card, written.error().message);
  }
  if (const auto laid_out = lay_out_tree(git, {commit, tree, index}); !laid_out) {
    return fail("commit {} cannot be laid out in {}: {}", commit.short_hex(), directory_,
                laid_out.error().message);
  }
  if (const auto placed = place(artifacts, tree); !placed) return std::unexpected(placed.error());
  // The directory gets its name last: where that is, all is.
  const auto directory = path_of(id);
  if (!artifacts.empty()) {
    const auto path = directory + ".artifacts";
    if (const auto written = os::replace_file(path, list_of(artifacts), 0644); !written) {
      return fail("{}: {}", path, written.error().message);
    }
  }
  for (const auto& [from, to] :
       {std::pair(card, directory + ".commit"), {index, directory + ".index"}, {tree, directory}}) {
    if (const auto renamed = rename_path(from, to); !renamed) {
      return std::unexpected(renamed.error());
    }
  }
  if (const auto synced = os::sync_directory(directory_); !synced) {
    return fail("{}: {}", directory_, synced.error().message);
  }
  auto made = find(id);
  if (!made) return std::unexpected(made.error());
  if (!*made) return fail("{} went away while it was laid out", directory);
  return std::move(**made);
}

Status ReleaseStore::mark_built(const std::string& id, bool adds_files) {
  const auto present = find(id);
  if (!present) return std::unexpected(present.error());
  if (!*present) return fail("there is no release {} in {}", id, directory_);
  // What the build made has to be there if the mark is, also after a power cut.
  if (adds_files) {
    if (auto synced = sync_file_system(directory_); !synced) return synced;
  }
  const auto path = path_of(id + ".built");
  if (const auto written = os::write_file(path, "", 0644); !written) {
    return fail("{}: {}", path, written.error().message);
  }
  if (const auto synced = os::sync_directory(directory_); !synced) {
    return fail("{}: {}", directory_, synced.error().message);
  }
  return {};
}

Result<std::optional<Release>> ReleaseStore::find(const std::string& id) const {
  const auto directory = path_of(id);
  if (!is_id(id) || !is_directory(directory)) return std::optional<Release>();
  const auto card = directory + ".commit";
  const auto text = os::read_small_file(card, kLongestCard);
  const auto commit = text ? ObjectId::parse(text->substr(0, text->find('\n'))) : std::nullopt;
  auto artifacts = id.size() > kIdDigits ? read_list(directory + ".artifacts") : Artifacts();
  if (!artifacts) return std::unexpected(artifacts.error());
  struct stat status{};
  if (!commit || release_id(*commit, *artifacts) != id || stat(card.c_str(), &status) < 0) {
    return fail("{} does not name the commit of its release; remove {}", card, directory);
  }
  return Release{.id = id,
                 .commit = *commit,
                 .artifacts = std::move(*artifacts),
                 .directory = directory,
                 .built = access((directory + ".built").c_str(), F_OK) == 0,
                 .wanted = time_of(status)};
}

Result<std::vector<Release>> ReleaseStore::list() const {
  const auto ids = names_in(directory_, is_id);
  if (!ids) return std::unexpected(ids.error());
  std::vector<Release> result;
  for (const auto& id : *ids) {
    auto release = find(id);
    if (!release) return std::unexpected(release.error());
    if (*release) result.push_back(std::move(**release));
  }
  std::ranges::sort(result, [](const Release& a, const Release& b) {
    return std::tie(b.wanted, a.id) < std::tie(a.wanted, b.id);
  });
  return result;
}

Status ReleaseStore::remove(const std::string& id) {
  if (!is_id(id)) return fail("\"{}\" is the name of no release", id);
  // The directory first: what is left of the release after a crash is a leftover.
  if (auto taken = take_away(directory_, id); !taken) return taken;
  for (const char* besides : kBesides) {
    if (unlink(path_of(id + besides).c_str()) < 0 && errno != ENOENT) {
      return fail_errno("{}", path_of(id + besides));
    }
  }
  return {};
}

Status ReleaseStore::sweep(const std::stop_token& stop) const {
  const auto gone = names_in(directory_, is_gone);
  if (!gone) return std::unexpected(gone.error());
  for (const auto& name : *gone) {
    if (auto removed = remove_tree(path_of(name), stop); !removed) return removed;
  }
  return {};
}

Result<std::vector<std::string>> ReleaseStore::prune(std::size_t keep,
                                                     const std::set<std::string>& in_use,
                                                     const std::set<std::string>& were_live) {
  const auto all = list();
  if (!all) return std::unexpected(all.error());
  std::vector<std::string> removed;
  std::size_t live = 0;
  std::size_t others = 0;
  for (const Release& release : *all) {
    const std::string& id = release.id;
    if (in_use.contains(id)) continue;
    if (were_live.contains(id) ? ++live <= keep : ++others <= 1) continue;
    if (const auto done = remove(id); !done) return std::unexpected(done.error());
    removed.push_back(id);
  }
  return removed;
}

}  // namespace livefix::releases
