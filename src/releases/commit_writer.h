// Commits that livefix makes itself: a way back, and what was edited by hand. They are in the
// repository when a function returns, and no branch knows them yet: update_branch is next. All
// block; see git_command.h for the thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "releases/git_command.h"
#include "releases/object_id.h"

namespace livefix::releases {

struct Person {
  std::string name;
  std::string email;
};

struct Revert {
  ObjectId head;  // of the branch: the parent of the new commit
  ObjectId to;    // whose files come back
  std::string message;
  Person who;
  // Only these come back, the rest stays as it is in `head`; empty: everything. From the top of the
  // tree, without a slash at the end.
  std::vector<std::string> directories{};
};

// A commit on top of `head`, so that nobody's history is rewritten. Fails when it would change
// nothing.
Result<ObjectId> commit_revert(const Git& git, const Revert& revert);

struct HandEdit {
  ObjectId parent;                 // the commit that was laid out
  std::string directory;           // where
  std::vector<std::string> files;  // changed, added or deleted there, relative to it
  std::string message;
  Person who;
};

// A commit of these files as they are in that directory now. What leads through a symbolic link
// is refused. Fails when it would change nothing.
Result<ObjectId> commit_hand_edit(const Git& git, const HandEdit& edit);

}  // namespace livefix::releases
