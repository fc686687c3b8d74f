#include "control/token_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "control/phrases.h"

namespace livefix::control {
namespace {

CommandRecord record_of(const TokenChange& change) {
  const bool is_added = change.what == TokenChange::What::add;
  return {.rollout = 0,
          .command = std::string(is_added ? kTokenAdd : kTokenRemove),
          .detail = fmt::format("{} ({})", change.token, name_of(change.scope)),
          .change = change.id,
          .number = change.number,
          .at = change.at};
}

// "ci (push), anna (read)".
std::string tokens_text(const std::vector<Token>& tokens) {
  if (tokens.empty()) return "it has no tokens now";
  std::vector<std::string> names;
  for (const Token& token : tokens) {
    const Scope widest = std::ranges::max(token.scopes);
    names.push_back(fmt::format("{} ({})", token.name, name_of(widest)));
  }
  return fmt::format("it has now {}", some_of(names));
}

// What has to be recorded before what is new in the file, since that does not go on from what is on
// record. Recorded once: with it on record, the file does.
std::optional<CommandRecord> break_before(const TokenRegister& file, const ReleaseBook& book) {
  const ReleaseBook::TokenHead& head = book.token_head();
  CommandRecord record{.rollout = 0, .command = std::string(kTokenFile)};
  const auto known = std::ranges::find_if(
      file.changes.rbegin(), file.changes.rend(),
      [&](const TokenChange& change) { return book.knows_token_change(change.id); });
  if (known != file.changes.rend()) {
    if (known->id == head.change) return std::nullopt;
    record.change = known->id;
    record.number = known->number;
    record.detail = fmt::format(
        "another file was put back: it goes on behind change {}; on record is change {}",
        known->number, head.number);
  } else {
    const std::uint32_t first = file.changes.empty() ? 0 : file.changes.front().number;
    const bool is_full = file.changes.size() == kMostTokenChanges;
    const bool goes_on = first > head.number && (head.change.empty() || is_full);
    if (goes_on ? first - head.number == 1 : head.change.empty()) return std::nullopt;
    record.number = first > 0 ? first - 1 : 0;
    record.detail = goes_on
                        ? fmt::format("{} behind change {} are not in the file any more",
                                      count_text(first - head.number - 1, "change"), head.number)
                        : fmt::format(
                              "it was removed or replaced: change {}, the last on record, is not "
                              "in it",
                              head.number);
  }
  record.detail += "; " + tokens_text(file.tokens);
  return record;
}

}  // namespace

std::vector<TokenRecord> missing_token_records(const TokenRegister& file, const ReleaseBook& book) {
  std::vector<TokenRecord> missing;
  if (auto before = break_before(file, book)) missing.push_back({std::move(*before), "livefix"});
  for (const TokenChange& change : file.changes) {
    if (book.knows_token_change(change.id)) continue;
    missing.push_back({record_of(change), change.who});
  }
  return missing;
}

TokenRecords::TokenRecords(boost::asio::io_context& context, ReleaseOffice& office, TokenFile& file,
                           Announcer announcer, Milliseconds interval)
    : office_(office),
      file_(file),
      announcer_(std::move(announcer)),
      interval_(interval),
      timer_(context) {}

void TokenRecords::begin() {
  take(true);
  look_later();
}

void TokenRecords::look_later() {
  timer_.expires_after(interval_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    take(!trouble_.empty());
    look_later();
  });
}

std::optional<Token> TokenRecords::find(std::string_view secret) {
  // Strangers who try secrets make no disk that is full be tried more often.
  take(false);
  return file_.find(secret);
}

void TokenRecords::take(bool again) {
  const TokenRegister* file = file_.look();
  if (!file || (!again && taken_ == file_.version())) return;
  taken_ = file_.version();
  for (TokenRecord& one : missing_token_records(*file, office_.book())) {
    const bool is_other_file = one.record.command == kTokenFile;
    const auto recorded = office_.record(one.record, one.who);
    if (!recorded) {
      if (trouble_.empty()) {
        announcer_.warn(fmt::format("changes of tokens are not on record yet: {}",
                                    owed_text(recorded.error())));
      }
      trouble_ = recorded.error().message;
      return;
    }
    if (is_other_file) announcer_.warn("tokens: " + one.record.detail);
  }
  trouble_.clear();
}

}  // namespace livefix::control
