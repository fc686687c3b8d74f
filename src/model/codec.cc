// GCC 12 takes the strings of alternatives that a variant does not hold for uninitialised ones, and
// looks at the place where <string> was included to see whether to say so. Hence this at the top.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "model/codec.h"

#include <utility>

#include "model/field_codec.h"

namespace livefix::codec {

template <Message M>
std::string encode(const M& message) {
  FieldWriter writer;
  writer.put(message);
  return std::move(writer.bytes);
}

template <Message M>
Result<M> decode(std::string_view bytes) {
  FieldReader reader(bytes);
  M message;
  if (!reader.get(message)) return fail("a link message of {} bytes ends too soon", bytes.size());
  if (!reader.at_end()) return fail("a link message of {} bytes has bytes left over", bytes.size());
  return message;
}

template std::string encode(const link::FromControl&);
template std::string encode(const link::ToControl&);
template std::string encode(const link::ToProxy&);
template std::string encode(const link::FromProxy&);
template std::string encode(const TlsIdentities&);

template Result<link::FromControl> decode(std::string_view);
template Result<link::ToControl> decode(std::string_view);
template Result<link::ToProxy> decode(std::string_view);
template Result<link::FromProxy> decode(std::string_view);
template Result<TlsIdentities> decode(std::string_view);

}  // namespace livefix::codec
