// Takes what `livefix token` did, with or without a livefix that runs, from the journal in
// STATE/tokens into the ledger: each change once, whatever dies in between, since what the ledger
// has by its id is not taken again. Owned by RunWorld, used on the driver's thread.
//
// The file is the user's: it may be removed, or a backup put back. When the change that was last on
// record is not in it, that itself is recorded ("token file"), with what tokens there are.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "control/announcer.h"
#include "control/release_office.h"
#include "control/token_file.h"

namespace livefix::control {

struct TokenRecord {
  CommandRecord record;
  std::string who;
};

// What the ledger has to get, in this order, for the book to know all that the file says. Pure.
std::vector<TokenRecord> missing_token_records(const TokenRegister& file, const ReleaseBook& book);

class TokenRecords {
 public:
  static constexpr Milliseconds kLook{1'000};

  // All must outlive this.
  TokenRecords(boost::asio::io_context& context, ReleaseOffice& office, TokenFile& file,
               Announcer announcer, Milliseconds interval = kLook);

  // From now on it looks by itself.
  void begin();
  // nullopt: no token has this secret. Whoever comes in with it finds its making on record, where
  // the ledger can be written.
  std::optional<Token> find(std::string_view secret);

 private:
  void look_later();
  void take(bool again);

  ReleaseOffice& office_;
  TokenFile& file_;
  const Announcer announcer_;
  const Milliseconds interval_;
  boost::asio::steady_timer timer_;
  std::uint64_t taken_ = 0;  // version of the file that was tried last
  std::string trouble_;      // why it could not be recorded; empty: it was
};

}  // namespace livefix::control
