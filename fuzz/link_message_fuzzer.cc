// The first byte chooses whose messages these are. Whatever is taken for one is encoded to the same
// bytes again: no two byte strings mean the same, and nothing is passed over. Memory that decoding
// takes is bounded by the input: a count has to be paid for with bytes.
#include <string>

#include "fuzz_check.h"
#include "model/codec.h"
#include "model/link.h"
#include "model/tls_identities.h"

using namespace livefix;

namespace {

template <class Message>
void run(std::string_view bytes) {
  const auto message = codec::decode<Message>(bytes);
  if (!message) {
    check(!message.error().message.empty());
    return;
  }
  check(codec::encode(*message) == bytes);
  check(!codec::decode<Message>(std::string(bytes) + '\0'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes = view(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      run<link::FromProxy>(bytes);
      break;
    case 1:
      run<link::FromControl>(bytes);
      break;
    case 2:
      run<link::ToProxy>(bytes);
      break;
    case 3:
      run<link::ToControl>(bytes);
      break;
    default:
      run<TlsIdentities>(bytes);
      break;
  }
  return 0;
}
