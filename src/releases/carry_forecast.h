// What would be carried over to a commit that is not laid out. Blocks; see git_command.h for the
// thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "releases/carry_over.h"
#include "releases/git_command.h"
#include "releases/object_id.h"

namespace livefix::releases {

// As carry_over() would answer, from the directory `from` of a release. Of the commit only what
// that question is about is written, into a scratch beside the repository's objects: so that there
// are not two opinions on when a directory is kept.
Result<std::vector<Carried>> forecast_carry_over(const Git& git, const ObjectId& commit,
                                                 const std::string& from,
                                                 const std::vector<std::string>& keep);

}  // namespace livefix::releases
