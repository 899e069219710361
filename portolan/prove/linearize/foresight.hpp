// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What the rest of a key's history still asks of a value: nothing is guessed, the whole history is there to be read.
//
//    value 7:  last put by item 12,  last seen by item 40      at item 20: who now leaves the entry with another value than 7
//                                                              has no way to explain item 40
//
// Of use where many calls overlap; built when a walk first has several configurations, or a long search. Values that come
// from sums are not followed: of a history with such calls nothing is foreseen. outlook.hpp draws the conclusions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <portolan/prove/linearize/step.hpp>

namespace portolan::prove::linearize {

class foresight {
 public:
  /// Up to which item (its number plus one; 0: none) a value is needed, put, or named at all; and by whom.
  struct future {
    std::uint64_t value = 0;
    std::uint32_t needed = 0;
    std::uint32_t named = 0;
    std::uint32_t put : 29 = 0;
    std::uint32_t put_again : 1 = 0;  ///< more than once, or there from the first
    std::uint32_t changed : 1 = 0;    ///< needed by a call that changes the entry
    std::uint32_t shunned : 1 = 0;    ///< named by a call that needs another value
    std::uint32_t soonest = 0;        ///< of the calls that put or need it, the first to return
    [[nodiscard]] bool used() const noexcept { return (named | put) != 0; }
  };

  [[nodiscard]] std::size_t bytes() const noexcept {
    return table_.capacity() * sizeof(future) + (puts_of_shunned_.capacity() + erasures_.capacity()) * 4;
  }
  void forget() noexcept { ready_ = tried_ = false; }
  [[nodiscard]] bool ready() const noexcept { return ready_; }
  [[nodiscard]] bool tried() const noexcept { return tried_; }

  /// Reads all items; `items[i].of` is the operation, `first` what was there before.
  template <class Items>
  void look(const Items& items, const entry& first) {
    tried_ = true;
    table_.assign(16, future());
    values_ = 0;
    puts_of_shunned_.clear();
    erasures_.clear();
    bool any_shunned = false;
    if (items.size() >= most_items) return;
    for (std::size_t i = 0; i < items.size(); ++i) {
      step made;
      if (!step_of(*items[i].of, made)) continue;
      if (made.needs == before::sum || made.does == effect::add) return;
      any_shunned |= made.needs == before::other;
      note(items, static_cast<std::uint32_t>(i), made);
    }
    for (std::size_t i = 0; any_shunned && i < items.size(); ++i) {
      step made;
      if (step_of(*items[i].of, made) && made.does == effect::set && find(made.value).shunned != 0) {
        puts_of_shunned_.push_back(static_cast<std::uint32_t>(i));
      }
    }
    if (first.present && find(first.value).used()) at(first.value).put_again = 1;
    for (anonymous_ = ~std::uint64_t{0} - 1; find(anonymous_).used();) --anonymous_;
    ready_ = true;
  }

  [[nodiscard]] const future& find(std::uint64_t value) const noexcept { return table_[place_of(value)]; }
  /// The items that put a shunned value, and those that erase; in their order.
  [[nodiscard]] const std::vector<std::uint32_t>& puts_of_shunned() const noexcept { return puts_of_shunned_; }
  [[nodiscard]] const std::vector<std::uint32_t>& erasures() const noexcept { return erasures_; }
  /// A value that nobody names: it stands for all that nobody will ask for.
  [[nodiscard]] std::uint64_t anonymous() const noexcept { return anonymous_; }

 private:
  static constexpr std::size_t most_items = std::size_t{1} << 29;  // `put` has so many bits

  template <class Items>
  void note(const Items& items, std::uint32_t item, const step& made) {
    const operation& one = *items[item].of;
    const auto sooner = [&](future& of) {
      if (of.soonest == 0 || one.returned < items[of.soonest - 1].of->returned) of.soonest = item + 1;
    };
    if (made.does == effect::erase) erasures_.push_back(item);
    if (made.does == effect::set) {
      future& put = at(made.value);
      if (put.put != 0) put.put_again = 1;
      put.put = (item + 1) & (most_items - 1);
      sooner(put);
    }
    if (made.needs != before::equal && made.needs != before::other) return;
    future& named = at(made.expected);
    named.named = item + 1;
    if (!made.quiet()) named.changed = 1;
    if (made.needs == before::other) {
      named.shunned = 1;
      return;
    }
    sooner(named);
    if (one.how != ending::pending) named.needed = item + 1;
  }
  future& at(std::uint64_t value) {
    if (values_ * 6 >= table_.size() * 5) grow();
    future& found = table_[place_of(value)];
    values_ += found.used() ? 0 : 1;
    found.value = value;
    return found;
  }
  void grow() {
    std::vector<future> smaller(table_.size() * 2);
    smaller.swap(table_);
    for (const future& each : smaller) {
      if (each.used()) table_[place_of(each.value)] = each;
    }
  }
  [[nodiscard]] std::size_t place_of(std::uint64_t value) const noexcept {
    const std::size_t mask = table_.size() - 1;
    for (std::size_t i = static_cast<std::size_t>((value ^ value >> 31) * 0x9E3779B97F4A7C15U >> 20);; ++i) {
      if (!table_[i & mask].used() || table_[i & mask].value == value) return i & mask;
    }
  }

  std::vector<future> table_{};
  std::vector<std::uint32_t> puts_of_shunned_{};
  std::vector<std::uint32_t> erasures_{};
  std::size_t values_ = 0;
  std::uint64_t anonymous_ = 0;
  bool ready_ = false;
  bool tried_ = false;
};

}  // namespace portolan::prove::linearize
