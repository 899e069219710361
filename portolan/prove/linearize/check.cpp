// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A whole history, key by key.
//
//   pieces ─► numbers of operations, by a hash of their keys (parts that fit a cache) ─► items, sorted ─► one key's walk
#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <span>

#include <portolan/prove/linearize.hpp>
#include <portolan/prove/linearize/map_wide.hpp>
#include <portolan/prove/linearize/one_key.hpp>
#include <portolan/prove/linearize/shrink.hpp>

namespace portolan::prove {
namespace linearize {
namespace {

constexpr std::size_t operations_a_part = 2048;
constexpr unsigned most_part_bits = 13;

/// The operations' numbers, part after part.
class parts {
 public:
  explicit parts(const std::vector<const history::piece*>& pieces) : pieces_(pieces) {
    std::size_t count = 0;
    for (const history::piece* each : pieces) count += each->count;
    bits_ = std::min(most_part_bits, static_cast<unsigned>(std::bit_width(count / operations_a_part)));
    begins_.assign((std::size_t{1} << bits_) + 1, 0);
    numbers_.resize(count);
    each_operation([&](std::uint32_t, const operation& one) { ++begins_[part_of(one.key) + 1]; });
    for (std::size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
    std::vector<std::uint32_t> next(begins_.begin(), begins_.end() - 1);
    each_operation([&](std::uint32_t number, const operation& one) { numbers_[next[part_of(one.key)]++] = number; });
  }

  [[nodiscard]] std::size_t count() const noexcept { return begins_.size() - 1; }
  [[nodiscard]] std::size_t bytes() const noexcept { return numbers_.size() * 4 + begins_.size() * 8; }

  /// The operations of one part by key, each key's by call.
  void items_of(std::size_t part, std::vector<item>& items) const {
    items.clear();
    items.reserve(begins_[part + 1] - begins_[part]);
    for (std::size_t i = begins_[part]; i < begins_[part + 1]; ++i) {
      const operation& one =
          pieces_[numbers_[i] / history::piece_operations]->operations[numbers_[i] % history::piece_operations];
      items.push_back({one.key, one.call, &one});
    }
    std::sort(items.begin(), items.end(),
              [](const item& a, const item& b) { return a.key != b.key ? a.key < b.key : a.call < b.call; });
  }

 private:
  template <class F>
  void each_operation(F&& f) const {
    for (std::size_t p = 0; p < pieces_.size(); ++p) {
      const auto base = static_cast<std::uint32_t>(p * history::piece_operations);
      for (std::size_t i = 0; i < pieces_[p]->count; ++i) {
        f(base + static_cast<std::uint32_t>(i), pieces_[p]->operations[i]);
      }
    }
  }
  [[nodiscard]] std::size_t part_of(std::uint64_t key) const noexcept {
    const std::uint64_t mixed = (key ^ key >> 32) * 0x9E3779B97F4A7C15U;
    return bits_ == 0 ? 0 : static_cast<std::size_t>(mixed >> (64 - bits_));
  }

  const std::vector<const history::piece*>& pieces_;
  unsigned bits_ = 0;
  std::vector<std::uint32_t> begins_{};
  std::vector<std::uint32_t> numbers_{};
};

class checker {
 public:
  checker(const history& of, const check_limits& limits)
      : of_(of), limits_(limits), first_{limits.value_at_first, limits.present_at_first} {}

  verdict check() {
    map_wide whole(of_, limits_);
    whole.doubled(found_);
    std::vector<const history::piece*> pieces;
    for (const history* from : {&of_, &whole.of_each_key()}) {
      for (const history::piece& each : from->pieces) pieces.push_back(&each);
    }
    found_.operations = of_.size() + of_.listings.size() + of_.countings.size() + of_.clearings.size();
    const parts all(pieces);
    std::vector<item> items;
    for (std::size_t part = 0; part < all.count(); ++part) {
      all.items_of(part, items);
      check_part(items, whole);
      if (found_.violations.size() >= limits_.violations) break;
    }
    found_.bytes = all.bytes() + items.capacity() * sizeof(item) + whole.of_each_key().bytes() + narrow_.bytes();
    if (found_.violations.empty()) whole.sizes(found_);
    if (!found_.violations.empty()) {
      found_.is = verdict::answer::violated;
    } else if (found_.unknown_keys != 0) {
      found_.is = verdict::answer::unknown;
    }
    return std::move(found_);
  }

 private:
  void check_part(const std::vector<item>& items, map_wide& whole) {
    for (std::size_t begin = 0; begin < items.size() && found_.violations.size() < limits_.violations;) {
      std::size_t end = begin + 1;
      while (end < items.size() && items[end].key == items[begin].key) ++end;
      check_key({items.data() + begin, end - begin});
      whole.presence_of({items.data() + begin, end - begin}, first_);
      begin = end;
    }
  }

  void check_key(std::span<const item> items) {
    ++found_.keys;
    walked how = narrow_.walk(items, first_);
    found_.most_configurations = std::max(found_.most_configurations, narrow_.most_configurations());
    if (how == walked::too_many_open) {
      if (wide_ == nullptr) wide_ = std::make_unique<key_walk<8>>(limits_.configurations);
      how = wide_->walk(items, first_);
    }
    switch (how) {
      case walked::explained: return;
      case walked::violated: found_.violations.push_back(shrunk(of_, items, first_, limits_)); return;
      case walked::too_wide:
      case walked::too_many_open:
        ++found_.unknown_keys;
        found_.why_unknown = how == walked::too_wide
                                 ? "so many calls on one key overlap that more than " +
                                       std::to_string(limits_.configurations) +
                                       " configurations are possible at once; raise check_limits::configurations, or "
                                       "record operations that tell what they found (exchange, not insert_or_assign)"
                                 : "more than 512 calls on one key are open at once; record for a shorter time, or let "
                                   "fewer calls be pending";
        return;
    }
  }

  const history& of_;
  const check_limits& limits_;
  entry first_;
  verdict found_{};
  key_walk<1> narrow_{limits_.configurations};
  std::unique_ptr<key_walk<8>> wide_{};  ///< where it is needed
};

}  // namespace
}  // namespace linearize

verdict check_linearizable(const history& of, const check_limits& limits) {
  return linearize::checker(of, limits).check();
}

}  // namespace portolan::prove
