// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map that writes down what is asked of it: the trace of a live program, for `portolan advise --trace FILE`.
//
//   user ── recorded<Map>::insert ──► Map::insert ──► note(insert, key, hit or miss) ──► this thread's ring
//                                                                       later, thread "portolan-trace": ring ──► file
//
// 1. An operation is noted when it has returned; one that throws is not: it changed nothing.
// 2. What is noted is what happened: a compute that erased is an erase, a compare_exchange that was refused is a find.
// 3. Whole-map operations (for_each, snapshot, clear, size …: record/whole_map.hpp) are passed on and not noted: a trace
//    is about keys.
//
// The parts: base/event_buffer.hpp (rings), record/recorder.hpp (the file's format, the writing thread), record/keys.hpp.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/map/uncopied.hpp>
#include <portolan/map/vocabulary.hpp>
#include <portolan/observe/record/keys.hpp>
#include <portolan/observe/record/recorder.hpp>
#include <portolan/observe/record/whole_map.hpp>

namespace portolan {

/// Any map of the family, or std::unordered_map and its like, with a recording of the calls on its keys.
///
/// For finding out what a live program really asks of a map: record for some minutes, then let `portolan advise` replay
/// it. When not to use it: for good (each operation pays up to 100 ns), or to audit who changed what (busy threads drop,
/// and say so). It orders nothing: what the wrapped map promises is promised here, no more and no less. What the
/// wrapped map lacks is absent here too.
template <class Map>
class recorded : private copying_a_map_is_called_snapshot, public record::whole_map<recorded<Map>, Map> {
  using K = typename Map::key_type;
  using V = typename Map::mapped_type;
  using operation = record::operation;
  using result = record::result;

 public:
  using key_type = K;
  using mapped_type = V;
  using size_type = std::size_t;
  using recorded_type = Map;

  /// Makes the map of `args` and begins to record into `how.file`. A file that cannot be written ends the recording, not
  /// the program: `recording_problem` and one line on the standard error output say why.
  ///
  /// @returns   nothing
  /// @sees      as Map's constructor
  /// @progress  as Map's constructor; starts a thread, "portolan-trace", which the destructor joins
  /// @cost      as Map's constructor; one write to the file
  /// @throws    as Map's constructor; std::bad_alloc
  /// @calls     as Map's constructor; `how.tell`
  template <class... Args>
    requires std::constructible_from<Map, Args...>
  explicit recorded(const record_options& how, Args&&... args)
      : recorder_(how, name_of(args...), record::form_of<K>()), map_(std::forward<Args>(args)...) {}

  /// The map itself: what is asked of it directly is not noted.
  ///
  /// @returns   the map
  /// @sees      nothing
  /// @progress  wait-free
  /// @cost      nothing
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] Map& map() noexcept { return map_; }
  [[nodiscard]] const Map& map() const noexcept { return map_; }

  // ---- the recording ---------------------------------------------------------------------------------------------

  /// How far the recording is.
  ///
  /// @returns   operations written and missing, threads, the file's size, whether it still goes on
  /// @sees      written + missing = noted, after flush_recording and while nobody calls
  /// @progress  never waits
  /// @cost      O(threads)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] record_figures recording() const noexcept { return recorder_.figures(); }

  /// What ended the recording, and what to do about it.
  ///
  /// @returns   one sentence; empty while all is well, and at the file's limit
  /// @sees      all problems up to now
  /// @progress  may wait for the writing thread's few instructions
  /// @cost      O(1)
  /// @throws    std::bad_alloc
  /// @calls     nothing
  [[nodiscard]] std::string recording_problem() const { return recorder_.problem(); }

  /// Has everything that was noted before the call written now, so that the file can be read.
  ///
  /// @returns   nothing
  /// @sees      all operations that happened before the call
  /// @progress  waits for the writing thread and the disk
  /// @cost      O(noted and not yet written)
  /// @throws    nothing
  /// @calls     nothing
  void flush_recording() { recorder_.flush(); }

  // ---- reading ---------------------------------------------------------------------------------------------------

  /// As Map's find. Noted as a find, hit or miss.
  ///
  /// @returns   as Map's find
  /// @sees      as Map's find
  /// @progress  as Map's find
  /// @cost      as Map's find, and up to 100 ns
  /// @throws    as Map's find
  /// @calls     as Map's find
  template <class Q = K>
    requires requires(const Map& m, const Q& k) { m.find(k); }
  [[nodiscard, gnu::always_inline]] auto find(const Q& key) const {
    auto seen = map_.find(key);
    note_found(key, seen);
    return seen;
  }
  template <class Q = K>
    requires requires(Map& m, const Q& k) {
      { m.find(k) } -> std::same_as<typename Map::iterator>;
    }
  [[nodiscard, gnu::always_inline]] auto find(const Q& key) {
    auto seen = map_.find(key);
    note_found(key, seen);
    return seen;
  }

  /// As Map's find of many keys. Noted as a find for each.
  ///
  /// @returns   as Map's find
  /// @sees      as Map's find
  /// @progress  as Map's find
  /// @cost      as Map's find, and up to 100 ns a key
  /// @throws    as Map's find
  /// @calls     as Map's find
  [[nodiscard]] auto find(std::span<const K> keys) const requires requires(const Map& m) { m.find(keys); }
  {
    auto all = map_.find(keys);
    for (std::size_t i = 0; i < keys.size(); ++i) note_found(keys[i], all[i]);
    return all;
  }

  /// As Map's contains. Noted as a find.
  ///
  /// @returns   as Map's contains
  /// @sees      as Map's contains
  /// @progress  as Map's contains
  /// @cost      as Map's contains, and up to 100 ns
  /// @throws    as Map's contains
  /// @calls     as Map's contains
  template <class Q = K>
    requires requires(const Map& m, const Q& k) { m.contains(k); }
  [[nodiscard, gnu::always_inline]] bool contains(const Q& key) const {
    const bool there = map_.contains(key);
    note(operation::find, there, key, record::no_value_bytes);
    return there;
  }

  /// As Map's visit of one key or many. Noted as a find for each, after the last `f`.
  ///
  /// @returns   as Map's visit
  /// @sees      as Map's visit
  /// @progress  as Map's visit
  /// @cost      as Map's visit, and up to 100 ns a key; for many keys one allocation
  /// @throws    as Map's visit
  /// @calls     as Map's visit
  template <class Q = K, class F>
    requires requires(const Map& m, const Q& k, F& f) { m.visit(k, f); }
  [[gnu::always_inline]] bool visit(const Q& key, F&& f) const {
    const record::kept_key kept(bytes_of(key));
    std::size_t bytes = record::no_value_bytes;
    const bool there = map_.visit(key, [&](const V& value) {
      bytes = record::value_bytes(value);
      f(value);
    });
    note(operation::find, there, kept, bytes);
    return there;
  }
  template <class F>
    requires requires(const Map& m, std::span<const K> keys, F& f) { m.visit(keys, f); }
  std::size_t visit(std::span<const K> keys, F&& f) const {
    std::vector<std::size_t> bytes(keys.size(), absent);
    const std::size_t there = map_.visit(keys, [&](std::size_t i, const V& value) {
      bytes[i] = record::value_bytes(value);
      f(i, value);
    });
    for (std::size_t i = 0; i < keys.size(); ++i) {
      note(operation::find, bytes[i] != absent, keys[i], bytes[i] != absent ? bytes[i] : record::no_value_bytes);
    }
    return there;
  }

  /// As Map's pin. Noted as a find.
  ///
  /// @returns   as Map's pin
  /// @sees      as Map's pin
  /// @progress  as Map's pin
  /// @cost      as Map's pin, and up to 100 ns
  /// @throws    as Map's pin
  /// @calls     as Map's pin
  template <class Q = K>
    requires requires(const Map& m, const Q& k) { m.pin(k); }
  [[nodiscard, gnu::always_inline]] auto pin(const Q& key) const {
    auto held = map_.pin(key);
    note_found(key, held);
    return held;
  }

  // ---- writing ---------------------------------------------------------------------------------------------------

  /// As Map's insert. Noted as an insert: a miss put it there, a hit did not.
  ///
  /// @returns   as Map's insert
  /// @sees      as Map's insert
  /// @progress  as Map's insert
  /// @cost      as Map's insert, and up to 100 ns
  /// @throws    as Map's insert
  /// @calls     as Map's insert
  template <class Q = K, class W = V>
    requires requires(Map& m, Q&& k, W&& v) { m.insert(std::forward<Q>(k), std::forward<W>(v)); }
  [[gnu::always_inline]] bool insert(Q&& key, W&& value) {
    const record::kept_key kept(bytes_of(key));
    const std::size_t bytes = record::value_bytes_of<V>(value);
    const bool inserted = map_.insert(std::forward<Q>(key), std::forward<W>(value));
    note(operation::insert, !inserted, kept, bytes);
    return inserted;
  }
  template <class Entry = std::pair<const K, V>>
    requires requires(Map& m, Entry&& entry) { m.insert(std::forward<Entry>(entry)).second; }
  [[gnu::always_inline]] auto insert(Entry&& entry) {
    const record::kept_key kept(bytes_of(entry.first));
    const std::size_t bytes = record::value_bytes_of<V>(entry.second);
    auto where = map_.insert(std::forward<Entry>(entry));
    note(operation::insert, !where.second, kept, bytes);
    return where;
  }

  /// As Map's try_emplace. Noted as an insert.
  ///
  /// @returns   as Map's try_emplace
  /// @sees      as Map's try_emplace
  /// @progress  as Map's try_emplace
  /// @cost      as Map's try_emplace, and up to 100 ns
  /// @throws    as Map's try_emplace
  /// @calls     as Map's try_emplace
  template <class Q = K, class... Args>
    requires requires(Map& m, Q&& k, Args&&... args) { m.try_emplace(std::forward<Q>(k), std::forward<Args>(args)...); }
  [[gnu::always_inline]] auto try_emplace(Q&& key, Args&&... args) {
    const record::kept_key kept(bytes_of(key));
    const std::size_t bytes = record::value_bytes_of<V>(args...);
    auto inserted = map_.try_emplace(std::forward<Q>(key), std::forward<Args>(args)...);
    note(operation::insert, !is_new(inserted), kept, bytes);
    return inserted;
  }

  /// As Map's insert_or_assign. Noted as an assign: a miss inserted.
  ///
  /// @returns   as Map's insert_or_assign
  /// @sees      as Map's insert_or_assign
  /// @progress  as Map's insert_or_assign
  /// @cost      as Map's insert_or_assign, and up to 100 ns
  /// @throws    as Map's insert_or_assign
  /// @calls     as Map's insert_or_assign
  template <class Q = K, class W = V>
    requires requires(Map& m, Q&& k, W&& v) { m.insert_or_assign(std::forward<Q>(k), std::forward<W>(v)); }
  [[gnu::always_inline]] auto insert_or_assign(Q&& key, W&& value) {
    const record::kept_key kept(bytes_of(key));
    const std::size_t bytes = record::value_bytes_of<V>(value);
    auto how = map_.insert_or_assign(std::forward<Q>(key), std::forward<W>(value));
    note(operation::assign, !is_new(how), kept, bytes);
    return how;
  }

  /// As Map's exchange. Noted as an assign.
  ///
  /// @returns   as Map's exchange
  /// @sees      as Map's exchange
  /// @progress  as Map's exchange
  /// @cost      as Map's exchange, and up to 100 ns
  /// @throws    as Map's exchange
  /// @calls     as Map's exchange
  template <class Q = K, class W = V>
    requires requires(Map& m, Q&& k, W&& v) { m.exchange(std::forward<Q>(k), std::forward<W>(v)); }
  [[gnu::always_inline]] auto exchange(Q&& key, W&& value) {
    const record::kept_key kept(bytes_of(key));
    const std::size_t bytes = record::value_bytes_of<V>(value);
    auto before = map_.exchange(std::forward<Q>(key), std::forward<W>(value));
    note(operation::assign, static_cast<bool>(before), kept, bytes);
    return before;
  }

  /// As Map's erase of a key. Noted as an erase.
  ///
  /// @returns   as Map's erase
  /// @sees      as Map's erase
  /// @progress  as Map's erase
  /// @cost      as Map's erase, and up to 100 ns
  /// @throws    as Map's erase
  /// @calls     as Map's erase
  template <class Q = K>
    requires requires(Map& m, const Q& k) {
      { m.erase(k) } -> std::integral;
    }
  [[gnu::always_inline]] auto erase(const Q& key) {
    const record::kept_key kept(bytes_of(key));
    auto erased = map_.erase(key);
    note(operation::erase, erased != 0, kept, record::no_value_bytes);
    return erased;
  }

  /// As Map's extract. Noted as an erase.
  ///
  /// @returns   as Map's extract
  /// @sees      as Map's extract
  /// @progress  as Map's extract
  /// @cost      as Map's extract, and up to 100 ns
  /// @throws    as Map's extract
  /// @calls     as Map's extract
  template <class Q = K>
    requires requires(Map& m, const Q& k) { static_cast<bool>(m.extract(k)); }
  [[gnu::always_inline]] auto extract(const Q& key) {
    const record::kept_key kept(bytes_of(key));
    auto taken = map_.extract(key);
    note(operation::erase, static_cast<bool>(taken), kept, record::no_value_bytes);
    return taken;
  }

  /// As Map's compute. Noted as what it came to: an assign, an erase, or a find.
  ///
  /// @returns   as Map's compute
  /// @sees      as Map's compute
  /// @progress  as Map's compute
  /// @cost      as Map's compute, and up to 100 ns
  /// @throws    as Map's compute
  /// @calls     as Map's compute
  template <class Q = K, class F>
    requires requires(Map& m, Q&& k, F&& f) { m.compute(std::forward<Q>(k), std::forward<F>(f)); }
  [[gnu::always_inline]] computed compute(Q&& key, F&& f) {
    const record::kept_key kept(bytes_of(key));
    const computed how = map_.compute(std::forward<Q>(key), std::forward<F>(f));
    note_computed(how, kept);
    return how;
  }

  /// As Map's load_or_compute. Noted as a find if the value was there or nothing came of it, else as an insert.
  ///
  /// @returns   as Map's load_or_compute
  /// @sees      as Map's load_or_compute
  /// @progress  as Map's load_or_compute
  /// @cost      as Map's load_or_compute, and up to 100 ns
  /// @throws    as Map's load_or_compute
  /// @calls     as Map's load_or_compute
  template <class Q = K, class F>
    requires requires(Map& m, const Q& k, F& f) { m.load_or_compute(k, f); }
  [[gnu::always_inline]] auto load_or_compute(const Q& key, F&& f) {
    const record::kept_key kept(bytes_of(key));
    bool computed_here = false;
    auto now = map_.load_or_compute(key, [&] {
      computed_here = true;
      return f();
    });
    const std::size_t bytes = now ? record::value_bytes(*now) : std::size_t{record::no_value_bytes};
    const bool inserted = computed_here && now;
    note(inserted ? operation::insert : operation::find, now && !inserted, kept, bytes);
    return now;
  }

  /// As Map's compare_exchange. Noted as an assign if it matched, else as a find.
  ///
  /// @returns   as Map's compare_exchange
  /// @sees      as Map's compare_exchange
  /// @progress  as Map's compare_exchange
  /// @cost      as Map's compare_exchange, and up to 100 ns
  /// @throws    as Map's compare_exchange
  /// @calls     as Map's compare_exchange
  template <class Q = K, class E = V, class W = V>
    requires requires(Map& m, const Q& k, const E& e, W&& w) { m.compare_exchange(k, e, std::forward<W>(w)); }
  [[gnu::always_inline]] comparison compare_exchange(const Q& key, const E& expected, W&& desired) {
    const record::kept_key kept(bytes_of(key));
    const std::size_t bytes = record::value_bytes_of<V>(desired);
    const comparison how = map_.compare_exchange(key, expected, std::forward<W>(desired));
    note(how == comparison::matched ? operation::assign : operation::find, how != comparison::absent, kept,
         how == comparison::matched ? bytes : std::size_t{record::no_value_bytes});
    return how;
  }

  /// As Map's compare_erase. Noted as an erase if it matched, else as a find.
  ///
  /// @returns   as Map's compare_erase
  /// @sees      as Map's compare_erase
  /// @progress  as Map's compare_erase
  /// @cost      as Map's compare_erase, and up to 100 ns
  /// @throws    as Map's compare_erase
  /// @calls     as Map's compare_erase
  template <class Q = K, class E = V>
    requires requires(Map& m, const Q& k, const E& e) { m.compare_erase(k, e); }
  [[gnu::always_inline]] comparison compare_erase(const Q& key, const E& expected) {
    const record::kept_key kept(bytes_of(key));
    const comparison how = map_.compare_erase(key, expected);
    note(how == comparison::matched ? operation::erase : operation::find, how != comparison::absent, kept,
         record::no_value_bytes);
    return how;
  }

  /// As Map's erase_if. Noted as an erase for each entry that `predicate` accepts.
  ///
  /// @returns   as Map's erase_if
  /// @sees      as Map's erase_if
  /// @progress  as Map's erase_if
  /// @cost      as Map's erase_if, and up to 100 ns an entry accepted
  /// @throws    as Map's erase_if
  /// @calls     as Map's erase_if
  template <class P>
    requires requires(Map& m, P& p) { m.erase_if(p); }
  [[gnu::always_inline]] auto erase_if(P&& predicate) {
    return map_.erase_if([&](const K& key, const V& value) {
      const bool accepted = static_cast<bool>(predicate(key, value));
      if (accepted) note(operation::erase, true, key, record::no_value_bytes);
      return accepted;
    });
  }

  /// As std::unordered_map's operator[], for maps that have one. Noted as an assign: a miss inserted.
  ///
  /// @returns   as Map's operator[]
  /// @sees      as Map's operator[]
  /// @progress  as Map's operator[]
  /// @cost      as Map's operator[], and up to 100 ns
  /// @throws    as Map's operator[]
  /// @calls     as Map's operator[]
  template <class Q = K>
    requires requires(Map& m, Q&& k) { m[std::forward<Q>(k)]; }
  [[gnu::always_inline]] V& operator[](Q&& key) {
    const record::kept_key kept(bytes_of(key));
    const std::size_t before = map_.size();
    V& value = map_[std::forward<Q>(key)];
    note(operation::assign, map_.size() == before, kept, record::value_bytes(value));
    return value;
  }

 private:
  static constexpr std::size_t absent = ~std::size_t{0};

  template <class First, class... Rest>
  static const char* name_of(const First& first, const Rest&...) noexcept {
    if constexpr (std::is_same_v<First, map_options>) {
      return first.name;
    } else {
      return "";
    }
  }
  static const char* name_of() noexcept { return ""; }

  template <class Q>
  static record::key_bytes bytes_of(const Q& key) {
    return record::bytes_of_key<Map>(key);
  }
  template <class Outcome>
  static bool is_new(const Outcome& how) noexcept {
    if constexpr (std::is_same_v<Outcome, assignment>) {
      return how == assignment::inserted;
    } else if constexpr (requires { how.second; }) {
      return how.second;
    } else {
      return static_cast<bool>(how);
    }
  }

  [[gnu::noinline]] void note(operation what, bool there, const record::key_bytes& key, std::size_t bytes) const {
    recorder_.note(what, there ? result::hit : result::miss, key, bytes);
  }
  void note(operation what, bool there, const record::kept_key& key, std::size_t bytes) const {
    note(what, there, key.bytes(), bytes);
  }
  template <class Q>
  void note(operation what, bool there, const Q& key, std::size_t bytes) const {
    note(what, there, bytes_of(key), bytes);
  }
  template <class Q, class Found>
  void note_found(const Q& key, const Found& seen) const {
    if constexpr (requires { seen == map_.end(); }) {
      const bool there = !(seen == map_.end());
      note(operation::find, there, key,
           there ? record::value_bytes(seen->second) : std::size_t{record::no_value_bytes});
    } else {
      const bool there = static_cast<bool>(seen);
      note(operation::find, there, key, there ? record::value_bytes(*seen) : std::size_t{record::no_value_bytes});
    }
  }
  void note_computed(computed how, const record::kept_key& key) const {
    const std::size_t bytes = record::sized_value<V> ? std::size_t{record::no_value_bytes} : sizeof(V);
    switch (how) {
      case computed::kept: return note(operation::find, true, key, bytes);
      case computed::inserted: return note(operation::assign, false, key, bytes);
      case computed::assigned: return note(operation::assign, true, key, bytes);
      case computed::erased: return note(operation::erase, true, key, record::no_value_bytes);
      case computed::absent: return note(operation::find, false, key, record::no_value_bytes);
    }
  }

  mutable record::recorder recorder_;
  Map map_;
};

}  // namespace portolan
