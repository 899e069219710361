// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What the rest of a key's history still asks of a value: nothing is guessed, the whole history is there to be read.
//
//    value 7:  last put by item 12,  last seen by item 40      at item 20: who now leaves the entry with another value than 7
//                                                              has no way to explain item 40
//
// Of use where many calls overlap; built when a walk first has several configurations. Values that come from sums are not
// followed: of a history with such calls nothing is foreseen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <portolan/prove/linearize/step.hpp>

namespace portolan::prove::linearize {

class foresight {
 public:
  /// Up to which item (its number plus one; 0: none) a value is needed, put, or named at all.
  struct future {
    std::uint64_t value = 0;
    std::uint32_t needed = 0;
    std::uint32_t put = 0;
    std::uint32_t named = 0;
    bool used = false;
  };

  [[nodiscard]] std::size_t bytes() const noexcept { return table_.capacity() * sizeof(future); }
  void forget() noexcept { ready_ = tried_ = false; }
  [[nodiscard]] bool ready() const noexcept { return ready_; }
  [[nodiscard]] bool tried() const noexcept { return tried_; }

  /// Reads all items; `items[i].of` is the operation.
  template <class Items>
  void look(const Items& items) {
    tried_ = true;
    table_.assign(16, future());
    values_ = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      step made;
      if (!step_of(*items[i].of, made)) continue;
      if (made.needs == before::sum || made.does == effect::add) return;
      const auto number = static_cast<std::uint32_t>(i + 1);
      if (made.does == effect::set) at(made.value).put = number;
      if (made.needs != before::equal && made.needs != before::other) continue;
      future& named = at(made.expected);
      named.named = number;
      if (made.needs == before::equal && items[i].of->how != ending::pending) named.needed = number;
    }
    for (anonymous_ = ~std::uint64_t{0} - 1; find(anonymous_).used;) --anonymous_;
    ready_ = true;
  }

  [[nodiscard]] const future& find(std::uint64_t value) const noexcept { return table_[place_of(value)]; }
  /// A value that nobody names: it stands for all that nobody will ask for.
  [[nodiscard]] std::uint64_t anonymous() const noexcept { return anonymous_; }

 private:
  future& at(std::uint64_t value) {
    if (values_ * 6 >= table_.size() * 5) grow();
    future& found = table_[place_of(value)];
    values_ += found.used ? 0 : 1;
    found.value = value;
    found.used = true;
    return found;
  }
  void grow() {
    std::vector<future> smaller(table_.size() * 2);
    smaller.swap(table_);
    for (const future& each : smaller) {
      if (each.used) table_[place_of(each.value)] = each;
    }
  }
  [[nodiscard]] std::size_t place_of(std::uint64_t value) const noexcept {
    const std::size_t mask = table_.size() - 1;
    for (std::size_t i = static_cast<std::size_t>((value ^ value >> 31) * 0x9E3779B97F4A7C15U >> 20);; ++i) {
      if (!table_[i & mask].used || table_[i & mask].value == value) return i & mask;
    }
  }

  std::vector<future> table_{};
  std::size_t values_ = 0;
  std::uint64_t anonymous_ = 0;
  bool ready_ = false;
  bool tried_ = false;
};

}  // namespace portolan::prove::linearize
