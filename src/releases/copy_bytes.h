// The bytes of one file into another.
#pragma once

namespace livefix::releases {

// From where `from` stands to its end; the kernel moves them where it can, and shares blocks where
// the file system has that. False leaves errno. Nothing is synced.
bool copy_bytes(int from, int to);

}  // namespace livefix::releases
