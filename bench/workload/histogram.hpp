// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Latencies, counted in buckets whose width grows with the value, after Gil Tene's HdrHistogram.
//
//    value      0 … 127      128 … 255     256 … 511     …      2^63 …
//    bucket    one a value   two values    four values           wide
//              |- 128 -|     |- 64 -|      |- 64 -|
//
// 1. Below 128 a bucket is exact; above, it is at most 1/64 of its value wide: 1.6 %.
// 2. The largest value is kept exactly beside the buckets.
// Not for concurrent use: each thread fills its own, then they are added up.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace portolan::workload {

class histogram {
 public:
  void record(std::uint64_t value) noexcept {
    ++counts_[bucket_of(value)];
    ++total_;
    if (value > max_) max_ = value;
  }

  void add(const histogram& other) noexcept {
    for (std::size_t i = 0; i < bucket_count; ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    if (other.max_ > max_) max_ = other.max_;
  }

  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

  /// The smallest recorded value, to a bucket's width, that at least `share` of all do not exceed; 0 when empty.
  [[nodiscard]] std::uint64_t at(double share) const noexcept;

  /// Calls f(upper edge of the bucket, count) for each bucket that holds something.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t i = 0; i < bucket_count; ++i) {
      if (counts_[i] != 0) f(upper_edge(i), counts_[i]);
    }
  }

 private:
  static constexpr std::size_t exact = 128;
  static constexpr std::size_t per_octave = exact / 2;
  static constexpr std::size_t bucket_count = exact + per_octave * (64 - 7);

  [[nodiscard]] static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < exact) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 7;  // brings value to 64…127
    return exact + (shift - 1) * per_octave + static_cast<std::size_t>(value >> shift) - per_octave;
  }
  [[nodiscard]] static constexpr std::uint64_t upper_edge(std::size_t bucket) noexcept {
    if (bucket < exact) return bucket;
    const std::size_t shift = (bucket - exact) / per_octave + 1;
    const std::uint64_t in_octave = (bucket - exact) % per_octave + per_octave;
    return ((in_octave + 1) << shift) - 1;
  }
  friend struct histogram_layout;

  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(bucket_count);
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

/// The layout's own test: edges meet, and every value lies in its bucket.
struct histogram_layout {
  static_assert(histogram::bucket_of(127) == 127 && histogram::bucket_of(128) == 128);
  static_assert(histogram::upper_edge(histogram::bucket_of(129)) == 129);
  static_assert(histogram::bucket_of(255) + 1 == histogram::bucket_of(256));
  static_assert(histogram::bucket_of(~std::uint64_t{0}) == histogram::bucket_count - 1);
};

}  // namespace portolan::workload
