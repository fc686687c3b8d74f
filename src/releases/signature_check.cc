#include "releases/signature_check.h"

#include <unistd.h>

#include <optional>
#include <string_view>

namespace livefix::releases {
namespace {

using Why = NotVerified::Why;

// The first line of the signature in a commit's header; nothing when it has none.
std::optional<std::string_view> kind_of_signature(std::string_view commit) {
  for (const auto line : split_lines(commit)) {
    if (line.empty()) break;  // the message begins
    for (const std::string_view field : {"gpgsig ", "gpgsig-sha256 "}) {
      if (line.starts_with(field)) return line.substr(field.size());
    }
  }
  return std::nullopt;
}

// 'Good "git" signature for PRINCIPAL with ED25519 key SHA256:...'. The same without "for" comes
// of a key that nobody of the file has.
std::optional<std::string_view> principal_of(std::string_view output) {
  constexpr std::string_view kBegin = "Good \"git\" signature for ";
  for (const auto line : split_lines(output)) {
    if (!line.starts_with(kBegin)) continue;
    const auto end = line.rfind(" with ");
    if (end != line.npos && end > kBegin.size()) {
      return line.substr(kBegin.size(), end - kBegin.size());
    }
  }
  return std::nullopt;
}

Signature not_verified(Why why, std::string text) {
  return NotVerified{why, std::move(text)};
}

}  // namespace

Result<Signature> verify_signature(const Git& git, const ObjectId& commit,
                                   const std::string& allowed_signers) {
  if (access(allowed_signers.c_str(), R_OK) < 0) {
    return fail_errno("the file of allowed signers, {}", allowed_signers);
  }
  const auto text = git.run({.arguments = {"cat-file", "commit", commit.hex()}});
  if (!text) return std::unexpected(text.error());
  const auto name = commit.short_hex();
  const auto kind = kind_of_signature(text->output);
  if (!kind) {
    return not_verified(Why::unsigned_commit,
                        fmt::format("commit {} is not signed; sign it with git commit -S", name));
  }
  if (!kind->contains("SSH SIGNATURE")) {
    return not_verified(Why::other_kind,
                        fmt::format("commit {} is signed, but not with an SSH key; set gpg.format "
                                    "to ssh and sign it again",
                                    name));
  }
  const auto answer = git.run({.arguments = {"-c", "gpg.ssh.allowedSignersFile=" + allowed_signers,
                                             "verify-commit", "--raw", commit.hex()},
                               .highest_answer = 1});
  if (!answer) return std::unexpected(answer.error());
  const auto& said = answer->errors;  // --raw prints there
  const auto principal = principal_of(said);
  if (answer->exit_status == 0 && principal) return SignedBy{std::string(*principal)};
  if (said.contains("cannot run") || said.contains("is needed for ssh signature")) {
    return fail("signatures need ssh-keygen 8.2p1 or newer; install openssh-client");
  }
  if (said.contains("Good \"git\" signature")) {
    return not_verified(
        Why::unknown_key,
        fmt::format("commit {} is signed with a key that is not in {}", name, allowed_signers));
  }
  return not_verified(Why::bad_signature,
                      fmt::format("commit {} has a signature that is not of its contents", name));
}

}  // namespace livefix::releases
