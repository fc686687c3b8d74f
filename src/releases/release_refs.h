// What keeps commits in the repository, and what the world sees of them: pushed objects made
// permanent, refs/livefix/releases/NAME, branches. All block; see git_command.h for the thread.
// What a function here has done is on the disk when it returns.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "releases/git_command.h"
#include "releases/object_id.h"

namespace livefix::releases {

// Copies what a push brought, as far as `commit` needs it, so that it survives a push that is
// refused or dies. `git` is the repository without the quarantine. Nothing keeps the objects from
// being collected as garbage until a ref names the commit: set_release_ref is next.
Status keep_objects(const Git& git, const Quarantine& quarantine, const ObjectId& commit);

// refs/livefix/releases/NAME, which nobody can push to. `name` is one word of a path.
Status set_release_ref(const Git& git, const std::string& name, const ObjectId& commit);
// Absent is as good as deleted.
Status delete_release_ref(const Git& git, const std::string& name);

struct ReleaseRef {
  std::string name;
  ObjectId commit;
};
Result<std::vector<ReleaseRef>> release_refs(const Git& git);

// The commit of a branch ("main"); nothing when there is no such branch.
Result<std::optional<ObjectId>> branch_head(const Git& git, const std::string& branch);

struct BranchUpdate {
  std::string branch;
  std::optional<ObjectId> expected;  // what it is at now; nothing: it does not exist
  std::optional<ObjectId> wanted;    // nothing: delete it
  std::string reason;                // for its reflog, one line
};

// All at once against others who push: fails, naming both commits, when the branch is not at
// `expected`.
Status update_branch(const Git& git, const BranchUpdate& update);

}  // namespace livefix::releases
