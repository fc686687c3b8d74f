#include "model/proportion.h"

#include <boost/math/special_functions/beta.hpp>
#include <cmath>

namespace livefix::proportion {
namespace {

// Plain doubles are exact enough and several times as fast as the long doubles that it would use.
using Exactness = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

double square(double value) {
  return value * value;
}

}  // namespace

Interval wilson(Share share, double z) {
  if (share.of == 0) return {};
  const auto n = static_cast<double>(share.of);
  const double p = share.value();
  const double scale = 1.0 / (1.0 + z * z / n);
  const double centre = scale * (p + z * z / (2.0 * n));
  const double reach = scale * z * std::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n));
  return {share.part == 0 ? 0.0 : centre - reach, share.part == share.of ? 1.0 : centre + reach};
}

Interval exact(Share share, double tail) {
  if (share.of == 0) return {};
  const auto part = static_cast<double>(share.part);
  const auto rest = static_cast<double>(share.of - share.part);
  Interval bounds;
  if (share.part > 0) bounds.lower = boost::math::ibeta_inv(part, rest + 1.0, tail, Exactness());
  if (share.part < share.of) {
    bounds.upper = boost::math::ibetac_inv(part + 1.0, rest, tail, Exactness());
  }
  return bounds;
}

Interval difference(Share share, Interval bounds, Share other, Interval other_bounds) {
  const double p = share.value();
  const double q = other.value();
  return {p - q - std::sqrt(square(p - bounds.lower) + square(other_bounds.upper - q)),
          p - q + std::sqrt(square(bounds.upper - p) + square(q - other_bounds.lower))};
}

}  // namespace livefix::proportion
