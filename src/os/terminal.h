// Pseudo-terminals for the output of programs, so that they colour and flush as on a terminal.
#pragma once

#include "base/result.h"
#include "os/fd.h"

namespace livefix::os {

// What a program writes to `writer` comes out of `reader` byte for byte.
struct OutputChannel {
  Fd reader;
  Fd writer;
};

// A pseudo-terminal without output processing, as wide as `like` (a terminal); reading it fails
// with EIO after the last writer closed it.
Result<OutputChannel> open_terminal(int like);
Result<OutputChannel> open_pipe();

// Gives `reader`'s terminal the size of `like`; does nothing for pipes.
void copy_window_size(int like, int reader);

}  // namespace livefix::os
