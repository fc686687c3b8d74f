// Where code comes from when releases are commits that are pushed (`livefix serve`), and where
// they are kept. Of the whole run. Plain values, safe to copy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/address.h"

namespace livefix {

struct CommitSpec {
  std::string state_directory;      // absolute: NAME.git, releases/, ledger.db
  std::string branch = "main";      // says what runs
  std::string allowed_signers{};    // file of ssh-keygen(1); empty: signatures are not asked for
  std::uint32_t kept_releases = 5;  // beside those that run
  std::string livefix{};            // this program, absolute: Git's hooks call it
  std::optional<Address> listen{};  // pushes by HTTP come here; none: there is no such door
};

}  // namespace livefix
