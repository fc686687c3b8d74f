// What a person may see of a recorded exchange. Everything that leaves livefix is made of a
// ShownExchange, and only a Redaction makes one: Authorization, cookies, and whatever else
// observe/secret_names.h or the configuration names, are hidden in fields, in targets and in
// bodies, and so are their values wherever else they stand. Bodies that are no text are not shown
// at all: nobody could say what is in them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "observe/exchange_record.h"
#include "observe/secret_names.h"

namespace livefix::observe {

class SecretText;

struct ShownMessage {
  std::string first_line;
  std::vector<RecordedField> fields;
  std::string type;                 // Content-Type, as it was sent
  std::optional<std::string> text;  // the body; nothing: it is no text
  std::size_t size = 0;             // of the body that is kept, as it was
  std::uint64_t bytes = 0;          // of the whole body on its way, with its framing
  bool cut = false;

  bool is_there() const { return !first_line.empty(); }
};

class ShownExchange {
 public:
  // Of the record everything but its messages is left; its target is redacted, too.
  const ExchangeRecord& about() const { return about_; }
  const ShownMessage& request() const { return request_; }
  const ShownMessage& answer() const { return answer_; }

 private:
  friend class Redaction;
  ExchangeRecord about_;
  ShownMessage request_;
  ShownMessage answer_;
};

class Redaction {
 public:
  // `names`: of fields, cookies, parameters and JSON, beside those that are secret anyway.
  explicit Redaction(const std::vector<std::string>& names = {}) : names_(names) {}

  ShownExchange show(ExchangeRecord record) const;
  // For a line of a list, of which there may be a thousand: only the beginning of each body is
  // there, and looked at for what the rest must not say.
  ShownExchange show_briefly(ExchangeRecord record) const;
  // A line that a program wrote, perhaps about this exchange: also what the exchange's own secrets
  // are is hidden in it.
  std::string show_line(ExchangeRecord about, std::string_view line) const;

  // Several answers to the request of `record`, in their order: what is secret in one is shown of
  // none.
  std::vector<ShownMessage> show_answers(const ExchangeRecord& record,
                                         const std::vector<const RecordedMessage*>& answers) const;

 private:
  ShownExchange show(ExchangeRecord record, SecretText& secrets) const;
  ShownMessage show(const RecordedMessage& message, SecretText& secrets) const;

  SecretNames names_;
};

// UTF-8 without control characters; what is cut may end within a character.
bool is_text(std::string_view bytes);

}  // namespace livefix::observe
