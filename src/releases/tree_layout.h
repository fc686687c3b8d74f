// Writing the files of a commit into an empty directory. Blocks; see git_command.h for the thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "releases/git_command.h"
#include "releases/object_id.h"

namespace livefix::releases {

struct TreeLayout {
  ObjectId commit;
  std::string directory;   // there, and empty
  std::string index_file;  // made
};

// When it returns, files and index are on the disk. After an error the directory holds a part.
Status lay_out_tree(const Git& git, const TreeLayout& layout);

// An index of a commit whose files are in a directory already; the next look at them
// (find_drift) fills in what it lacks.
Status write_index(const Git& git, const TreeLayout& layout);

// Fails when the file system of `directory` has no room for that, with some to spare.
Status check_room(const std::string& directory, std::uint64_t bytes, std::uint64_t files);

// All that was written to the file system of `directory` is on the disk.
Status sync_file_system(const std::string& directory);

}  // namespace livefix::releases
