// Who the client is when proxies that are trusted have said so: the right-most address of a list
// (X-Forwarded-For, or Forwarded of RFC 7239) that is not one of theirs. What stands left of it a
// client may have written itself, and nothing there can change how the rest is read: lists are
// taken apart from the right.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/address.h"
#include "http/field.h"

namespace livefix::http {

// Of one member of X-Forwarded-For: `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]` or
// `[2001:db8::1]:80`. The port is 0 where there is none. nullopt for `unknown`, for names, and for
// what is malformed.
std::optional<Address> parse_x_forwarded_for(std::string_view member);

// Of the `for` of one element of Forwarded, as in `for="[2001:db8::1]:80";proto=http` (RFC 7239
// sections 4 and 6). An obfuscated port is port 0; nullopt for an obfuscated address (`_hidden`),
// `unknown`, an element without `for` or with two, and for what is malformed.
std::optional<Address> parse_forwarded_element(std::string_view element);

// The members of a list in all its fields, from the right. A value: views of the fields, which
// have to stay.
class ForwardedHops {
 public:
  // `list` is FieldId::x_forwarded_for or FieldId::forwarded. Fields of other ids are passed over.
  ForwardedHops(std::span<const Field> fields, FieldId list) : fields_(fields), list_(list) {}

  // nullopt at the end of the list, and at a member that names no address. Do not go on then: what
  // stands left of it is nobody's word.
  std::optional<Address> next();

 private:
  // The last member that is not empty, and takes it off. Members may be empty (RFC 9110 section
  // 5.6.1).
  std::optional<std::string_view> take_last();

  std::span<const Field> fields_;  // those to the left of `rest_`
  FieldId list_;
  std::string_view rest_;  // of the field that is being read
};

// The client of a request that came over a connection with `peer`. Only one of the two lists should
// be believed: the one that the proxies in front write. `is_trusted(const Address&)` sees mapped
// IPv6 addresses (::ffff:1.2.3.4) as they came. When all are trusted it is the left-most one; when
// a member names no address, the one to the right of it.
template <class IsTrusted>
Address forwarded_client(std::span<const Field> fields, FieldId list, const Address& peer,
                         IsTrusted&& is_trusted) {
  ForwardedHops hops(fields, list);
  Address client = peer;
  while (is_trusted(client)) {
    const auto hop = hops.next();
    if (!hop) break;
    client = *hop;
  }
  return client;
}

}  // namespace livefix::http
