// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Writes down what the threads of a live program ask of a map.
//
//   recorder notes(2);                                    one lane a thread
//   std::thread other([&] { notes.of(1).erase(map, 7); });
//   notes.of(0).insert(map, 7, 49);                       calls map.insert(7, 49) and writes down how it ended
//   other.join();
//   const verdict seen = check_linearizable(notes.take());
//
// 1. A lane belongs to one thread. The instant at which a call returned is also the one from which the next may begin; a
//    thread that did something long in between says `rested`, else its next call seems to have taken as long.
// 2. An operation is written down before it is called: one that throws, or never returns, stays pending.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/platform/instant.hpp>
#include <portolan/prove/history.hpp>

namespace portolan::prove {

/// One thread's part of a history.
class alignas(cache_line_bytes) lane {
 public:
  explicit lane(std::uint32_t number) noexcept : number_(number) {}

  // ---- any system: around a call of one's own ------------------------------------------------------------------

  /// Writes down that a call begins; the caller makes it, then calls `ended` with what this gave.
  ///
  /// @returns   the operation, as yet pending; it does not move until the recorder's `take`
  /// @sees      only this thread
  /// @progress  never waits
  /// @cost      a few stores; every 4096 operations an allocation of 192 KiB
  /// @throws    std::bad_alloc: nothing is written down
  /// @calls     no user code
  operation& begun(action what, std::uint64_t key, std::uint64_t argument = 0, std::uint64_t seen = 0) {
    if (next_ == end_) [[unlikely]]
      another_piece();
    if (last_ == 0) rested();
    operation& one = *next_++;
    one = {last_ + 1, never, key, argument, seen, number_, what, ending::pending, 0};
    return one;
  }

  /// Writes down how the call ended.
  ///
  /// @returns   nothing
  /// @sees      only this thread
  /// @progress  never waits
  /// @cost      25 to 35 ns: the processor's counter between two fences, and for what may have written the store buffer
  /// @throws    nothing
  /// @calls     no user code
  void ended(operation& one, ending how, std::uint64_t seen) noexcept {
    one.how = how;
    one.seen = seen;
    last_ = one.returned =
        one.what <= action::contains ? platform::instant_after_reading() : platform::instant_after_writing();
  }
  void ended(operation& one, ending how) noexcept { ended(one, how, one.seen); }

  /// Says that the next call begins now and not when the one before returned.
  ///
  /// @returns   nothing
  /// @sees      only this thread
  /// @progress  never waits
  /// @cost      25 ns
  /// @throws    nothing
  /// @calls     no user code
  void rested() noexcept { last_ = platform::instant_after_reading(); }

  // ---- maps with the family's words --------------------------------------------------------------------------
  /// Calls map.find, and writes down what was asked and told.
  ///
  /// @returns   as map.find
  /// @sees      as map.find
  /// @progress  as map.find
  /// @cost      as map.find, and 25 to 35 ns
  /// @throws    what map.find throws: the call stays pending; std::bad_alloc before the call
  /// @calls     as map.find
  template <class Map, class K>
  auto find(const Map& map, const K& key) {
    operation& one = begun(action::find, word_of(key));
    auto found = map.find(key);
    if (found) {
      ended(one, ending::hit, value_in(*found));
    } else {
      ended(one, ending::miss);
    }
    return found;
  }

  /// Calls map.contains, and writes down what was asked and told.
  ///
  /// @returns   as map.contains
  /// @sees      as map.contains
  /// @progress  as map.contains
  /// @cost      as map.contains, and 25 to 35 ns
  /// @throws    what map.contains throws: the call stays pending; std::bad_alloc before the call
  /// @calls     as map.contains
  template <class Map, class K>
  bool contains(const Map& map, const K& key) {
    operation& one = begun(action::contains, word_of(key));
    const bool there = map.contains(key);
    ended(one, there ? ending::hit : ending::miss);
    return there;
  }

  /// Calls map.insert, and writes down what was asked and told.
  ///
  /// @returns   as map.insert
  /// @sees      as map.insert
  /// @progress  as map.insert
  /// @cost      as map.insert, and 25 to 35 ns
  /// @throws    what map.insert throws: the call stays pending; std::bad_alloc before the call
  /// @calls     as map.insert
  template <class Map, class K, class V>
  auto insert(Map& map, const K& key, const V& value) {
    operation& one = begun(action::insert, word_of(key), word_of(value));
    auto how = map.insert(key, value);
    ended(one, is_new(how) ? ending::miss : ending::hit);
    return how;
  }

  /// Calls map.insert_or_assign, and writes down what was asked and told.
  ///
  /// @returns   as map.insert_or_assign
  /// @sees      as map.insert_or_assign
  /// @progress  as map.insert_or_assign
  /// @cost      as map.insert_or_assign, and 25 to 35 ns
  /// @throws    what map.insert_or_assign throws: the call stays pending; std::bad_alloc before the call
  /// @calls     as map.insert_or_assign
  template <class Map, class K, class V>
  auto insert_or_assign(Map& map, const K& key, const V& value) {
    operation& one = begun(action::assign, word_of(key), word_of(value));
    auto how = map.insert_or_assign(key, value);
    ended(one, is_new(how) ? ending::miss : ending::hit);
    return how;
  }

  /// Calls map.exchange, and writes down what was asked and told.
  ///
  /// @returns   as map.exchange
  /// @sees      as map.exchange
  /// @progress  as map.exchange
  /// @cost      as map.exchange, and 25 to 35 ns
  /// @throws    what map.exchange throws: the call stays pending; std::bad_alloc before the call
  /// @calls     as map.exchange
  template <class Map, class K, class V>
  auto exchange(Map& map, const K& key, const V& value) {
    operation& one = begun(action::exchange, word_of(key), word_of(value));
    auto before = map.exchange(key, value);
    if (before) {
      ended(one, ending::hit, value_in(*before));
    } else {
      ended(one, ending::miss);
    }
    return before;
  }

  /// Calls map.erase, and writes down what was asked and told.
  ///
  /// @returns   as map.erase
  /// @sees      as map.erase
  /// @progress  as map.erase
  /// @cost      as map.erase, and 25 to 35 ns
  /// @throws    what map.erase throws: the call stays pending; std::bad_alloc before the call
  /// @calls     as map.erase
  template <class Map, class K>
  auto erase(Map& map, const K& key) {
    operation& one = begun(action::erase, word_of(key));
    auto erased = map.erase(key);
    ended(one, erased ? ending::hit : ending::miss);
    return erased;
  }

  /// Calls map.extract, and writes down what was asked and told.
  ///
  /// @returns   as map.extract
  /// @sees      as map.extract
  /// @progress  as map.extract
  /// @cost      as map.extract, and 25 to 35 ns
  /// @throws    what map.extract throws: the call stays pending; std::bad_alloc before the call
  /// @calls     as map.extract
  template <class Map, class K>
  auto extract(Map& map, const K& key) {
    operation& one = begun(action::extract, word_of(key));
    auto taken = map.extract(key);
    if (taken) {
      ended(one, ending::hit, value_in(*taken));
    } else {
      ended(one, ending::miss);
    }
    return taken;
  }

  /// Calls map.compare_exchange, and writes down what was asked and told.
  ///
  /// @returns   as map.compare_exchange
  /// @sees      as map.compare_exchange
  /// @progress  as map.compare_exchange
  /// @cost      as map.compare_exchange, and 25 to 35 ns
  /// @throws    what map.compare_exchange throws: the call stays pending; std::bad_alloc before the call
  /// @calls     as map.compare_exchange
  template <class Map, class K, class V>
  auto compare_exchange(Map& map, const K& key, const V& expected, const V& desired) {
    operation& one = begun(action::compare_exchange, word_of(key), word_of(desired), word_of(expected));
    auto how = map.compare_exchange(key, expected, desired);
    ended(one, compared(how));
    return how;
  }

  /// Calls map.compare_erase, and writes down what was asked and told.
  ///
  /// @returns   as map.compare_erase
  /// @sees      as map.compare_erase
  /// @progress  as map.compare_erase
  /// @cost      as map.compare_erase, and 25 to 35 ns
  /// @throws    what map.compare_erase throws: the call stays pending; std::bad_alloc before the call
  /// @calls     as map.compare_erase
  template <class Map, class K, class V>
  auto compare_erase(Map& map, const K& key, const V& expected) {
    operation& one = begun(action::compare_erase, word_of(key), 0, word_of(expected));
    auto how = map.compare_erase(key, expected);
    ended(one, compared(how));
    return how;
  }

  /// Adds `amount` to the entry's value by map.compute; absent counts as 0.
  ///
  /// @returns   as map.compute
  /// @sees      as map.compute
  /// @progress  as map.compute
  /// @cost      as map.compute, and 25 to 35 ns
  /// @throws    what map.compute throws: the call stays pending; std::bad_alloc before the call
  /// @calls     as map.compute
  template <class Map, class K, class V>
  auto add(Map& map, const K& key, const V& amount) {
    operation& one = begun(action::add, word_of(key), word_of(amount));
    V sum{};
    auto how = map.compute(key, [&](const V* now) { return sum = now == nullptr ? amount : V(*now + amount); });
    ended(one, ending::hit, word_of(sum));
    return how;
  }

  // ---- the whole map ---------------------------------------------------------------------------------------------

  /// Walks over the whole map, and writes down all entries that it was shown.
  ///
  /// @returns   nothing
  /// @sees      as map.for_each
  /// @progress  as map.for_each
  /// @cost      as map.for_each, and 16 bytes an entry
  /// @throws    what map.for_each throws: nothing is written down
  /// @calls     as map.for_each
  template <class Map>
  void for_each(const Map& map) {
    listing all = opened<listing>();
    map.for_each([&](const auto& key, const auto& value) { all.entries.emplace_back(word_of(key), value_in(value)); });
    closed(all);
    listings_.push_back(std::move(all));
  }

  /// Asks for the number of entries, and writes it down.
  ///
  /// @returns   as map.size
  /// @sees      as map.size
  /// @progress  as map.size
  /// @cost      as map.size, and 25 to 35 ns
  /// @throws    what map.size throws: nothing is written down
  /// @calls     as map.size
  template <class Map>
  std::size_t size(const Map& map) {
    counting told = opened<counting>();
    told.size = map.size();
    closed(told);
    countings_.push_back(told);
    return told.size;
  }

  /// Clears the map, and writes down when.
  ///
  /// @returns   as map.clear
  /// @sees      as map.clear
  /// @progress  as map.clear
  /// @cost      as map.clear, and 25 to 35 ns
  /// @throws    what map.clear throws: nothing is written down
  /// @calls     as map.clear
  template <class Map>
  void clear(Map& map) {
    clearing all = opened<clearing>();
    map.clear();
    closed(all);
    clearings_.push_back(all);
  }

 private:
  friend class recorder;

  [[gnu::cold, gnu::noinline]] void another_piece();

  template <class Whole>
  Whole opened() noexcept {
    if (last_ == 0) rested();
    Whole all{};
    all.call = last_ + 1;
    all.lane = number_;
    return all;
  }
  template <class Whole>
  void closed(Whole& all) noexcept {
    last_ = all.returned = platform::instant_after_writing();
  }

  /// A value, or the value of a value with its version.
  template <class T>
  static std::uint64_t value_in(const T& told) {
    if constexpr (requires { told.value; }) {
      return word_of(told.value);
    } else {
      return word_of(told);
    }
  }
  template <class Outcome>
  static bool is_new(const Outcome& how) noexcept {
    if constexpr (requires { Outcome::inserted; }) {
      return how == Outcome::inserted;
    } else if constexpr (requires { how.second; }) {
      return how.second;
    } else if constexpr (requires { how.accepted(); }) {
      return how.accepted();
    } else {
      return static_cast<bool>(how);
    }
  }
  template <class Outcome>
  static ending compared(Outcome how) noexcept {
    return how == Outcome::matched ? ending::hit : how == Outcome::differed ? ending::differed : ending::miss;
  }

  operation* next_ = nullptr;
  operation* end_ = nullptr;
  std::uint64_t last_ = 0;
  std::uint32_t number_;
  std::vector<history::piece> pieces_{};
  std::vector<history::piece> spare_{};
  std::vector<listing> listings_{};
  std::vector<counting> countings_{};
  std::vector<clearing> clearings_{};
};

/// Records a history from threads that have a lane each.
class recorder {
 public:
  /// A recorder with lanes 0 to `lanes` - 1.
  ///
  /// @returns   nothing
  /// @sees      nothing another thread changes
  /// @progress  never waits
  /// @cost      O(lanes)
  /// @throws    std::bad_alloc
  /// @calls     no user code
  explicit recorder(unsigned lanes);

  /// The lane of the thread that calls itself `number`.
  ///
  /// @returns   the lane; the recorder keeps it
  /// @sees      nothing another thread changes
  /// @progress  never waits
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] lane& of(unsigned number) noexcept { return *lanes_[number]; }
  [[nodiscard]] unsigned lanes() const noexcept { return static_cast<unsigned>(lanes_.size()); }

  /// What was recorded so far; the lanes begin anew. Every thread's last call must happen before this.
  ///
  /// @returns   the history
  /// @sees      what the lanes' threads wrote before they were joined
  /// @progress  never waits
  /// @cost      O(operations / 4096): pieces are handed over, not copied
  /// @throws    std::bad_alloc
  /// @calls     no user code
  [[nodiscard]] history take();

  /// Takes the memory of a history that is no longer needed for the next one.
  ///
  /// @returns   nothing
  /// @sees      nothing another thread changes
  /// @progress  never waits
  /// @cost      O(operations / 4096)
  /// @throws    std::bad_alloc
  /// @calls     no user code
  void reuse(history&& old);

 private:
  std::vector<std::unique_ptr<lane>> lanes_{};
  std::uint64_t first_instant_ = 0;
  std::uint64_t first_ns_ = 0;
};

}  // namespace portolan::prove
