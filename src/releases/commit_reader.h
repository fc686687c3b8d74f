// What can be read of commits: who, when, what changed. Functions of a Git; give it a quarantine
// (Git::within) to read what is just being pushed. All block; see git_command.h for the thread and
// for what to think of the texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "releases/git_command.h"
#include "releases/object_id.h"

namespace livefix::releases {

struct Commit {
  ObjectId id;
  std::vector<ObjectId> parents;
  std::string subject;  // the first paragraph of its message, as one line
  std::string author_name;
  std::string author_email;
  std::int64_t time = 0;  // when it was committed, seconds since 1970 by the clock of its maker
};

// The commit that "main", "v1.2~3" or "8e06024" means. The error says what there is not.
Result<ObjectId> resolve(const Git& git, std::string_view revision);

Result<Commit> read_commit(const Git& git, const ObjectId& id);

// The commits that `to` has and `from` has not, newest first, at most `most`.
Result<std::vector<Commit>> read_log(const Git& git, const ObjectId& from, const ObjectId& to,
                                     std::size_t most);

// Of a commit to itself: true.
Result<bool> is_ancestor(const Git& git, const ObjectId& ancestor, const ObjectId& of);

struct ChangedFile {
  char status = 'M';  // 'A'dded, 'D'eleted, 'M'odified, 'T'ype changed (a file became a link)
  std::string path;   // from the top of the tree; may hold newlines and bytes that are no UTF-8

  bool operator==(const ChangedFile&) const = default;
};

// From the files of one commit to those of another; a renamed file is one deleted and one added.
// `directories` without a slash at the end; empty: all.
Result<std::vector<ChangedFile>> changed_files(const Git& git, const ObjectId& from,
                                               const ObjectId& to,
                                               const std::vector<std::string>& directories = {});

// The tree of a directory ("" for the top); equal trees are equal contents. Nothing when the commit
// has no such directory; a failure when it could not have one ("..").
Result<std::optional<ObjectId>> directory_tree(const Git& git, const ObjectId& commit,
                                               std::string_view directory);

struct DiffText {
  std::string text;
  bool cut = false;  // `text` is the beginning of more
};

// As `git diff`, of at most `most` bytes. `directories` as above.
Result<DiffText> diff_text(const Git& git, const ObjectId& from, const ObjectId& to,
                           std::size_t most, const std::vector<std::string>& directories = {});

}  // namespace livefix::releases
