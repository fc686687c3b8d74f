#include "releases/tree_survey.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "releases/beneath.h"

namespace livefix::releases {
namespace {

// A pointer has some 130 bytes; the Git LFS specification allows less than 1024.
constexpr std::uint64_t kSmallestPointer = 60;
constexpr std::uint64_t kLargestPointer = 1023;
constexpr std::string_view kPointerBegin = "version https://git-lfs.github.com/spec/";
constexpr std::uint64_t kLongestLink = 4095;  // PATH_MAX
constexpr std::size_t kBatch = 8192;          // files of which the contents are in memory at once
constexpr std::size_t kLineBytes = 200;       // of ls-tree, on the average

struct SurveyedEntry {
  std::string_view mode;
  std::string_view id;
  std::uint64_t size = 0;  // 0 for a submodule
  std::string_view path;
};

// "100644 blob ID    SIZE\tPATH", "160000 commit ID       -\tPATH"
std::optional<SurveyedEntry> surveyed_entry(std::string_view text) {
  const auto tab = text.find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  SurveyedEntry result{.mode = {}, .id = {}, .path = text.substr(tab + 1)};
  std::string_view words[4];
  auto head = text.substr(0, tab);
  for (auto& word : words) {
    head.remove_prefix(std::min(head.find_first_not_of(' '), head.size()));
    word = head.substr(0, head.find(' '));
    head.remove_prefix(word.size());
  }
  result.mode = words[0];
  result.id = words[2];
  std::from_chars(words[3].data(), words[3].data() + words[3].size(), result.size);
  if (!ObjectId::parse(result.id)) return std::nullopt;
  return result;
}

bool is_link(const SurveyedEntry& entry) {
  return entry.mode == "120000";
}

bool is_dot_git(std::string_view name) {
  constexpr std::string_view kName = ".git";
  return std::ranges::equal(name, kName, {}, [](unsigned char c) { return std::tolower(c); });
}

// Why a path cannot be laid out; empty when it can. Git refuses these too: this is for the message,
// and for the day when it does not.
std::string_view wrong_with(std::string_view path) {
  if (path.empty() || path.starts_with('/') || path.ends_with('/'))
    return "has a part without a name";
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    const auto name = path.substr(0, end);
    if (name.empty()) return "has a part without a name";
    if (name == "." || name == "..") return "leads out of the tree";
    if (is_dot_git(name)) return "would be taken for a repository";
    if (name.size() > 255) return "has a name that is longer than 255 bytes";
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return {};
}

// Whether a link of that name with that target leaves the tree. The directories that the link lies
// in are no links, so the ".." at the beginning mean what they say; behind a name that may itself
// be a link they do not ("a/.." is not "." where a is a link), so there they count as leaving.
bool leads_out(std::string_view link, std::string_view target) {
  if (target.starts_with('/')) return true;
  auto depth = std::ranges::count(link, '/');
  bool named = false;
  while (!target.empty()) {
    const auto end = std::min(target.find('/'), target.size());
    const auto name = target.substr(0, end);
    if (name == "..") {
      if (named || --depth < 0) return true;
    } else if (!name.empty() && name != ".") {
      named = true;
    }
    target.remove_prefix(std::min(end + 1, target.size()));
  }
  return false;
}

// Git lists a file "a" and what is in a directory "a" one after the other if a tree has both, but
// not always directly: "a", "a.txt", "a/b".
std::optional<std::string_view> twice_named(const std::vector<SurveyedEntry>& entries) {
  std::vector<std::string_view> paths;
  paths.reserve(entries.size());
  for (const auto& entry : entries) paths.push_back(entry.path);
  std::ranges::sort(paths);
  if (const auto same = std::ranges::adjacent_find(paths); same != paths.end()) return *same;
  for (const auto path : paths) {
    for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
      if (std::ranges::binary_search(paths, path.substr(0, slash))) return path.substr(0, slash);
    }
  }
  return std::nullopt;
}

// Many files, by one process.
class BlobReader {
 public:
  explicit BlobReader(std::string output) : output_(std::move(output)), left_(output_) {}

  // "ID blob SIZE\n" and the bytes and "\n"; nothing when the output is not that.
  std::optional<std::string_view> next() {
    const auto end = left_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto head = left_.substr(0, end);
    const auto space = head.rfind(' ');
    std::size_t size = 0;
    const char* last = head.data() + head.size();
    if (space == head.npos || std::from_chars(head.data() + space + 1, last, size).ptr != last ||
        left_.size() < end + 1 + size + 1) {
      return std::nullopt;
    }
    const auto result = left_.substr(end + 1, size);
    left_.remove_prefix(end + 1 + size + 1);
    return result;
  }

 private:
  std::string output_;
  std::string_view left_;
};

bool has_to_be_read(const SurveyedEntry& entry) {
  if (is_link(entry)) return true;
  return entry.size >= kSmallestPointer && entry.size <= kLargestPointer;
}

// Of one batch of files: links that leave, and pointers.
Status read_batch(const Git& git, std::span<const SurveyedEntry> wanted, TreeSurvey& survey) {
  std::string request;
  for (const auto& entry : wanted) request.append(entry.id).push_back('\n');
  auto answer = git.run({.arguments = {"cat-file", "--batch"},
                         .input = request,
                         .most_output = request.size() + wanted.size() * (kLongestLink + 100)});
  if (!answer) return std::unexpected(answer.error());
  BlobReader blobs(std::move(answer->output));
  for (const auto& entry : wanted) {
    const auto bytes = blobs.next();
    if (!bytes) return fail("{} cannot be read: {}", printable(entry.path), answer->errors);
    if (is_link(entry)) {
      if (leads_out(entry.path, *bytes)) survey.outward_links.emplace_back(entry.path);
    } else if (bytes->starts_with(kPointerBegin)) {
      survey.lfs_pointers.emplace_back(entry.path);
    }
  }
  return {};
}

Status read_contents(const Git& git, const std::vector<SurveyedEntry>& entries,
                     TreeSurvey& survey) {
  std::vector<SurveyedEntry> wanted;
  std::ranges::copy_if(entries, std::back_inserter(wanted), has_to_be_read);
  for (std::span<const SurveyedEntry> left = wanted; !left.empty();) {
    const auto batch = left.first(std::min(left.size(), kBatch));
    if (auto read = read_batch(git, batch, survey); !read) return read;
    left = left.subspan(batch.size());
  }
  return {};
}

}  // namespace

Result<TreeSurvey> survey_tree(const Git& git, const ObjectId& commit, std::string_view directory,
                               const TreeLimits& limits) {
  if (!directory.empty() && !stays_beneath(directory)) {
    return fail("\"{}\" is no directory of a commit", directory);
  }
  GitCall call{.arguments = {"ls-tree", "-r", "-l", "-z", "--full-tree", commit.hex(), "--"},
               .most_output = limits.files * kLineBytes,
               .cut_output = true};
  if (!directory.empty()) call.arguments.emplace_back(directory);
  const auto answer = git.run(call);
  if (!answer) {
    return fail("commit {} of {} cannot be read: {}", commit.hex(), git.git_dir(),
                answer.error().message);
  }

  const auto too_many = [&] {
    return fail("commit {} has more than {} files; make it smaller", commit.short_hex(),
                limits.files);
  };
  // A tree that holds one tree ten times, and so on, is a few bytes of push and billions of files.
  if (answer->cut) return too_many();

  TreeSurvey survey;
  std::vector<SurveyedEntry> entries;
  for (const auto text : split_list(answer->output)) {
    const auto entry = surveyed_entry(text);
    if (!entry) return fail("git ls-tree printed no file: {}", printable(text));
    if (const auto wrong = wrong_with(entry->path); !wrong.empty()) {
      return fail("\"{}\" in commit {} {}; rename it", printable(entry->path), commit.short_hex(),
                  wrong);
    }
    if (is_link(*entry) && (entry->size == 0 || entry->size > kLongestLink)) {
      return fail("the symbolic link \"{}\" in commit {} has a target of {} bytes; remove it",
                  printable(entry->path), commit.short_hex(), entry->size);
    }
    if (entry->mode == "160000") survey.submodules.emplace_back(entry->path);
    survey.bytes += entry->size;
    if (survey.bytes > limits.bytes) {
      return fail("commit {} has more than {} MiB of files; make it smaller", commit.short_hex(),
                  limits.bytes >> 20);
    }
    entries.push_back(*entry);
  }
  survey.files = entries.size();
  if (survey.files > limits.files) return too_many();
  if (const auto twice = twice_named(entries)) {
    return fail("\"{}\" in commit {} is there twice; remove one", printable(*twice),
                commit.short_hex());
  }
  if (const auto read = read_contents(git, entries, survey); !read) {
    return std::unexpected(read.error());
  }
  return survey;
}

std::string printable(std::string_view path) {
  std::string result;
  for (const char c : path) {
    if (c == '\n') {
      result += "\\n";
    } else if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace livefix::releases
