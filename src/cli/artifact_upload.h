// Built files on their way to livefix: hashed here, and sent where it does not have them yet.
// Blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/push_target.h"
#include "model/artifact.h"

namespace livefix::cli {

struct LocalArtifact {
  Artifact artifact;
  std::string file;
  std::uint64_t size = 0;  // bytes
};

// `text` is FILE or FILE=PATH-IN-RELEASE; reads the whole file. The error is a sentence.
Result<LocalArtifact> read_artifact(std::string_view text);

enum class Upload : std::uint8_t { sent, was_there };

// The error's os_error is ECONNREFUSED where nobody could be reached, as opposed to one who does
// not take it.
Result<Upload> upload(const PushTarget& target, const LocalArtifact& artifact);

// What an answer that is no good one says, in a sentence.
std::string refusal_text(unsigned status, std::string_view body);

}  // namespace livefix::cli
