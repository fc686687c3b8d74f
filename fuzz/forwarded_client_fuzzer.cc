// The input is the value of X-Forwarded-For or Forwarded that a client sent.
//   - What a trusted proxy has appended to it is the client, whatever it is.
//   - A list in one field is the list in many (X-Forwarded-For, which has no quotes).
//   - What is found in it is an address.
#include <string>
#include <vector>

#include "fuzz_check.h"
#include "http/forwarded_client.h"

using namespace livefix;
using namespace livefix::http;

namespace {

Address client(const std::vector<Field>& fields, FieldId list, const Address& proxy) {
  return forwarded_client(fields, list, proxy,
                          [&](const Address& address) { return address == proxy; });
}

void check_appended(std::string_view value, FieldId list, std::string_view ours,
                    const Address& expected) {
  const Address proxy = Address::ipv4(10, 0, 0, 1, 80);
  const std::string appended = std::string(value) + ", " + std::string(ours);
  check(client({{"x", appended, list}}, list, proxy) == expected);
  check(client({{"x", value, list}, {"x", ours, list}}, list, proxy) == expected);
}

std::vector<Address> hops(const std::vector<Field>& fields, FieldId list) {
  std::vector<Address> all;
  ForwardedHops walk(fields, list);
  while (const auto hop = walk.next()) all.push_back(*hop);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value = view(data, size);
  const Address expected = *Address::parse_ip("2001:db8::1", 0);
  check_appended(value, FieldId::x_forwarded_for, "2001:db8::1", expected);
  check_appended(value, FieldId::forwarded, "for=\"[2001:db8::1]\";by=\"_a,\\\"b\\\\\"", expected);

  std::vector<Field> lines;
  for_each_element(value, [&](std::string_view member) {
    lines.push_back({"x", member, FieldId::x_forwarded_for});
    return true;
  });
  check(hops({{"x", value, FieldId::x_forwarded_for}}, FieldId::x_forwarded_for) ==
        hops(lines, FieldId::x_forwarded_for));

  for (const Address& hop : hops({{"x", value, FieldId::forwarded}}, FieldId::forwarded)) {
    check(Address::parse_ip(hop.ip(), hop.port).has_value());
  }
  return 0;
}
