// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Which key comes next: uniform, Zipf, latest or hot-set, from a seeded source of chance.
//
//    uniform    every key alike
//    zipf       the key of rank r comes as often as 1 / r^skew says; ranks are spread over the keys, so that the
//               hottest key is not the first one
//    latest     Zipf over age: the key inserted last is the hottest
//    hot_set    `hot_share` of the operations go to `hot_keys` of the keys, both uniform inside
//
// Zipf is drawn by rejection and inversion (W. Hörmann, G. Derflinger: Rejection-inversion to generate variates from
// monotone discrete distributions, ACM TOMACS 6, 1996): exact for every skew > 0, no table, O(1) whatever the range.
#pragma once

#include <cstdint>

namespace portolan::workload {

/// Sebastiano Vigna's splitmix64: small, fast, and every seed is good.
class chance {
 public:
  explicit chance(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, range); the bias is below range / 2^64.
  std::uint64_t below(std::uint64_t range) noexcept {
    __extension__ using wide = unsigned __int128;
    return static_cast<std::uint64_t>((wide{next()} * range) >> 64);
  }
  /// Uniform in [0, 1).
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

/// Ranks 1 … count, rank r with a probability proportional to 1 / r^skew.
class zipf_ranks {
 public:
  zipf_ranks(std::uint64_t count, double skew);
  [[nodiscard]] std::uint64_t draw(chance& source) const;

 private:
  [[nodiscard]] double integral(double x) const;          // H(x): the area below the density's envelope
  [[nodiscard]] double integral_inverse(double y) const;  // H⁻¹
  [[nodiscard]] double density(double x) const;

  double count_;
  double skew_;
  double area_first_;
  double area_last_;
  double accept_;
};

enum class distribution : std::uint8_t { uniform, zipf, latest, hot_set };

struct key_choice {
  enum distribution distribution = distribution::zipf;
  double skew = 0.99;      ///< of zipf and latest; the value of YCSB
  double hot_keys = 0.2;   ///< hot_set: this share of the keys …
  double hot_share = 0.8;  ///< … gets this share of the operations
};

/// Draws key numbers below a range.
class key_source {
 public:
  key_source(const key_choice& choice, std::uint32_t range);
  /// `newest` is the number of keys inserted so far: what `latest` counts back from.
  [[nodiscard]] std::uint32_t draw(chance& source, std::uint32_t newest) const;

 private:
  [[nodiscard]] std::uint32_t spread(std::uint64_t rank) const noexcept;

  key_choice choice_;
  std::uint32_t range_;
  std::uint64_t stride_;  // coprime to the range: rank × stride meets every key once
  zipf_ranks ranks_;
};

}  // namespace portolan::workload
