// Bytes of link messages, and of what travels beside them. Decoding trusts nothing: a length beyond
// the input, an unknown alternative or bytes that are left over are errors. Both ends are the same
// binary, so there is no schema evolution here; `kLinkVersion` in link.h guards an upgrade. See
// docs/links.md, and field_codec.h for how it is done.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/link.h"
#include "model/tls_identities.h"

namespace livefix::codec {

// What codec.cc is compiled for.
template <class T>
concept Message = std::same_as<T, link::FromControl> || std::same_as<T, link::ToControl> ||
                  std::same_as<T, link::ToProxy> || std::same_as<T, link::FromProxy> ||
                  std::same_as<T, TlsIdentities>;

template <Message M>
[[nodiscard]] std::string encode(const M& message);

template <Message M>
[[nodiscard]] Result<M> decode(std::string_view bytes);

}  // namespace livefix::codec
