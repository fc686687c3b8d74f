// Who signed a commit. Only SSH signatures are verified (git-config(1),
// gpg.ssh.allowedSignersFile): they need a file of keys and nothing of the user's home. Blocks; see
// git_command.h for the thread.
#pragma once

#include <string>
#include <variant>

#include "base/result.h"
#include "releases/git_command.h"
#include "releases/object_id.h"

namespace livefix::releases {

struct SignedBy {
  std::string principal;  // as the file of allowed signers names them: "alice@example.com"
};

// Why a commit does not count as signed; the text is a sentence for whoever pushed it.
struct NotVerified {
  enum class Why : std::uint8_t { unsigned_commit, other_kind, unknown_key, bad_signature };
  Why why;
  std::string text;
};

using Signature = std::variant<SignedBy, NotVerified>;

// `allowed_signers` is an absolute path; its format is in ssh-keygen(1), "ALLOWED SIGNERS". A key's
// time limits there are compared with the time that the commit itself tells. Fails when the file
// cannot be read, or ssh-keygen is not there.
Result<Signature> verify_signature(const Git& git, const ObjectId& commit,
                                   const std::string& allowed_signers);

}  // namespace livefix::releases
