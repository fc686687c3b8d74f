#include "http/characters.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace livefix::http {

std::size_t find_control(std::string_view text, std::size_t from) {
#ifdef __SSE2__
  // Sixteen bytes at a time: field values are most of a head. Bytes are signed for the compare,
  // so 0x80 and above are told apart from the controls by the unsigned minimum.
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  while (from + 16 <= text.size()) {
    __m128i bytes;
    __builtin_memcpy(&bytes, text.data() + from, sizeof bytes);
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    const __m128i controls =
        _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), low), _mm_cmpeq_epi8(bytes, del));
    const int mask = _mm_movemask_epi8(controls);
    if (mask != 0)
      return from + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
    from += 16;
  }
#endif
  while (from < text.size() && !is_control(text[from])) ++from;
  return from;
}

}  // namespace livefix::http
