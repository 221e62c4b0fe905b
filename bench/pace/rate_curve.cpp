#include "pace/rate_curve.hpp"

#include <cassert>

namespace koobatch::pace_bench {

void RateCurve::add(const Piece& piece) {
  assert(size_ < most_pieces && piece.from > pieces_[size_ - 1].from);
  pieces_[size_++] = piece;
}

RateCurve& RateCurve::step(double at, double rate) {
  add({at, rate, 0});
  return *this;
}

RateCurve& RateCurve::ramp(double from, double to, double rate) {
  const double before = at(from);
  add({from, before, (rate - before) / (to - from)});
  return step(to, rate);
}

double RateCurve::at(double time) const {
  std::size_t i = size_ - 1;
  while (i > 0 && pieces_[i].from > time) --i;
  return pieces_[i].rate + pieces_[i].slope * (time - pieces_[i].from);
}

}  // namespace koobatch::pace_bench
