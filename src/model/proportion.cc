#include "model/proportion.h"

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>

namespace livefix::proportion {
namespace {

// Plain doubles are exact enough and several times as fast as the long doubles that it would use.
using Exactness = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

double square(double value) {
  return value * value;
}

double log_choose(double n, double k) {
  const auto log_factorial = [](double x) { return boost::math::lgamma(x + 1.0, Exactness()); };
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

// The hypergeometric distribution of how many of `parts` fall among `drawn` of drawn + rest.
struct Hypergeometric {
  double drawn;
  double rest;
  double parts;

  double probability(double x) const {
    return std::exp(log_choose(drawn, x) + log_choose(rest, parts - x) -
                    log_choose(drawn + rest, parts));
  }
  // P(x - 1) / P(x), and P(x + 1) / P(x).
  double down(double x) const {
    return x / (drawn - x + 1.0) * (rest - parts + x) / (parts - x + 1.0);
  }
  double up(double x) const {
    return (drawn - x) / (x + 1.0) * (parts - x) / (rest - parts + x + 1.0);
  }
};

// The sum of a tail whose terms shrink away from the mode, each `ratio` of the one before.
template <class Ratio>
double tail_sum(double term, double x, double step, Ratio ratio) {
  double sum = term;
  for (; term > sum * 1e-16; x += step) {
    term *= ratio(x);
    sum += term;
  }
  return std::min(sum, 1.0);
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

Tails fisher(Share share, Share other) {
  const Hypergeometric model{static_cast<double>(share.of), static_cast<double>(other.of),
                             static_cast<double>(share.part + other.part)};
  const auto x = static_cast<double>(share.part);
  const double here = model.probability(x);
  Tails tails;
  // The tail that the mode is not in is summed: the other one's first terms may be too small for a
  // double where its sum is nearly 1.
  if (x * (model.drawn + model.rest) <= model.parts * model.drawn) {
    tails.fewer = tail_sum(here, x, -1.0, [&](double at) { return model.down(at); });
    tails.more = std::min(1.0, 1.0 - tails.fewer + here);
  } else {
    tails.more = tail_sum(here, x, 1.0, [&](double at) { return model.up(at); });
    tails.fewer = std::min(1.0, 1.0 - tails.more + here);
  }
  return tails;
}

}  // namespace livefix::proportion
