#pragma once
#include <array>
#include <cstddef>

namespace koobatch::pace_bench {

/// A rate that may change over time: requests a second, by seconds since the run began.
class RateCurve {
 public:
  /// A constant rate.
  RateCurve(double rate = 0) { pieces_[0].rate = rate; }  // NOLINT(google-explicit-constructor): a number is a curve

  /// Sets the rate from `at` on. Preconditions: `at` is later than all previous changes, and there are fewer than
  /// `most_pieces` pieces.
  RateCurve& step(double at, double rate);
  /// Changes the rate linearly between `from` and `to`, from its present value to `rate`.
  RateCurve& ramp(double from, double to, double rate);
  /// The rate at `time`.
  double at(double time) const;

 private:
  struct Piece {
    double from = 0;
    double rate = 0;   ///< at the beginning of the piece
    double slope = 0;  ///< per second
  };
  static constexpr std::size_t most_pieces = 8;

  void add(const Piece& piece);

  std::array<Piece, most_pieces> pieces_;
  std::size_t size_ = 1;
};

}  // namespace koobatch::pace_bench
