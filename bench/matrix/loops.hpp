// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The timed loops, compiled for each adapter and each kind of run: nothing virtual, no call through a pointer and no
// look at the clock between two operations.
//
// 1. The same loop for every map and for the plain array: what the harness costs, it costs all of them.
// 2. Every find's value is used: its difference from what was stored is or-ed into `strange`. Where a map gives a copy
//    and not a visit, that needs no branch, and has none.
// 3. An upsert or insert has the branch that a program which does both has: on the next step of the stream.
#pragma once

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "bench/matrix/measured.hpp"
#include "bench/peers/adapter.hpp"
#include "portolan/base/platform.hpp"

namespace portolan::matrix {

using workload::bytes32;

/// What is stored under a key, before anything is added.
[[nodiscard]] inline std::uint64_t value_of(std::uint64_t key) noexcept { return key; }
[[nodiscard]] inline std::uint64_t value_of(const std::string& key) noexcept {
  std::uint64_t first = 0;
  std::memcpy(&first, key.data(), sizeof first);
  return first;
}

/// What a found value has beyond the stored one.
[[nodiscard]] inline std::uint64_t beyond(std::uint64_t value, std::uint64_t stored) noexcept { return value - stored; }
[[nodiscard]] inline std::uint64_t beyond(const bytes32& value, std::uint64_t stored) noexcept {
  return (value.words[0] - stored) | (value.words[3] - stored);
}
[[nodiscard]] inline std::uint64_t first_word(std::uint64_t value) noexcept { return value; }
[[nodiscard]] inline std::uint64_t first_word(const bytes32& value) noexcept { return value.words[0]; }

template <class Adapter, class K, class V>
class measured final : public measured_map {
  struct ignores {
    void operator()(const V&) const noexcept {}
  };
  static constexpr bool by_view = std::is_same_v<K, std::string> && requires(Adapter map, std::string_view text) {
    map.find(text, ignores{});
  };
  static constexpr bool gives_copies = requires(Adapter map, const K& key) {
    { map.lookup(key) } -> std::same_as<std::optional<V>>;
  };
  static constexpr bool bulk_find = requires(Adapter map, std::span<const K> keys) {
    map.find_many(keys, [](std::size_t, const V&) {});
  };
  static constexpr bool bulk_insert = requires(Adapter map, std::span<const std::pair<K, V>> all) {
    { map.insert_many(all) } -> std::convertible_to<std::size_t>;
  };
  static constexpr bool reserves = requires(Adapter map) { map.reserve(std::size_t{}); };
  static constexpr bool tells_growth = requires(Adapter map) {
    { map.growing() } -> std::convertible_to<bool>;
  };

 public:
  explicit measured(const workload::setup& how) : map_(how) {}

  [[nodiscard]] abilities can() const override { return {bulk_find, bulk_insert, reserves, tells_growth}; }
  void enter_thread() override {
    if constexpr (requires { map_.enter_thread(); }) map_.enter_thread();
  }
  void leave_thread() override {
    if constexpr (requires { map_.leave_thread(); }) map_.leave_thread();
  }

  lap run(const key_stream& stream, loop which, std::size_t batch, std::uint64_t end_ns) override {
    switch (which) {
      case loop::finds:
        return repeat(stream, end_ns,
                      [](measured& in, const auto& keys, const step*, std::size_t at, std::size_t to, lap& so_far) {
                        in.finds(keys, at, to, so_far);
                      });
      case loop::finds_in_bulk:
        return repeat(stream, end_ns,
                      [batch](measured& in, const auto& keys, const step*, std::size_t at, std::size_t to,
                              lap& so_far) { in.finds_in_bulk(keys, at, to, batch, so_far); });
      case loop::mixed:
        return repeat(stream, end_ns,
                      [](measured& in, const auto& keys, const step* steps, std::size_t at, std::size_t to,
                         lap& so_far) { in.mixed(keys, steps, at, to, so_far); });
      case loop::upserts:
        return repeat(stream, end_ns,
                      [](measured& in, const auto& keys, const step* steps, std::size_t at, std::size_t to,
                         lap& so_far) { in.upserts(keys, steps, at, to, so_far); });
    }
    return {};
  }

  lap fill(key_range keys) override {
    lap done;
    const std::uint64_t from = platform::now_ns();
    each(keys, [&](const K& key) { done.inserted += map_.insert(key, V(value_of(key))); });
    return ended(done, keys, from);
  }

  lap fill_in_bulk(key_range keys) override {
    lap done;
    if constexpr (bulk_insert) {
      constexpr std::size_t pieces = 4096;
      std::vector<std::pair<K, V>> piece;
      piece.reserve(pieces);
      const std::uint64_t from = platform::now_ns();
      const auto put = [&] {
        done.inserted += map_.insert_many(std::span<const std::pair<K, V>>(piece));
        piece.clear();
      };
      each(keys, [&](const K& key) {
        piece.emplace_back(key, V(value_of(key)));
        if (piece.size() == pieces) put();
      });
      put();
      return ended(done, keys, from);
    }
    return done;
  }

  lap fill_timed(key_range keys, workload::histogram& latency_ns) override {
    lap done;
    const std::uint64_t begin = platform::now_ns();
    each(keys, [&](const K& key) {
      const std::uint64_t from = platform::now_ns();
      done.inserted += map_.insert(key, V(value_of(key)));
      latency_ns.record(platform::now_ns() - from);
    });
    return ended(done, keys, begin);
  }

  lap find_all(key_range keys) override {
    lap done;
    const std::uint64_t from = platform::now_ns();
    each(keys, [&](const K& key) { find_one(key, done.hits, done.strange); });
    return ended(done, keys, from);
  }

  void reserve(std::size_t entries) override {
    if constexpr (reserves) map_.reserve(entries);
  }
  [[nodiscard]] bool growing() override {
    if constexpr (tells_growth) return map_.growing();
    return false;
  }
  [[nodiscard]] std::size_t size() override { return static_cast<std::size_t>(map_.size()); }
  [[nodiscard]] walked walk() override {
    walked all;
    map_.for_each([&](const K& key, const V& value) {
      ++all.entries;
      all.added += first_word(value) - value_of(key);
      if constexpr (std::is_same_v<V, bytes32>) all.strange |= value.words[3] - value_of(key);
    });
    return all;
  }

 private:
  static constexpr bool numbers = std::is_same_v<K, std::uint64_t>;

  [[nodiscard]] static std::span<const K> keys_in(const key_stream& stream) noexcept {
    if constexpr (numbers) {
      return stream.numbers;
    } else {
      return stream.texts;
    }
  }

  [[gnu::always_inline]] void find_one(const K& key, std::uint64_t& hits, std::uint64_t& strange) {
    if constexpr (gives_copies) {
      const std::uint64_t stored = value_of(key);
      const std::optional<V> seen = map_.lookup(key);
      hits += seen.has_value();
      strange |= seen ? beyond(*seen, stored) : 0;
      return;
    }
    const auto see = [&](const V& value) { strange |= beyond(value, value_of(key)); };
    if constexpr (by_view) {
      hits += map_.find(std::string_view(key), see);
    } else {
      hits += map_.find(key, see);
    }
  }

  // Pieces of the stream until the time is over, and one at least: a thread that was kept waiting past its end has a
  // speed too. A piece is a function of its own, so that its loop has the registers.
  template <class Piece>
  lap repeat(const key_stream& stream, std::uint64_t end_ns, Piece piece) {
    const std::span<const K> keys = keys_in(stream);
    lap done;
    const std::uint64_t from = platform::now_ns();
    std::uint64_t now = from;
    std::size_t at = 0;
    do {
      const std::size_t to = std::min(at + operations_a_look, keys.size());
      piece(*this, keys, stream.steps.data(), at, to, done);
      done.operations += to - at;
      at = to == keys.size() ? 0 : to;
      now = platform::now_ns();
    } while (now < end_ns);
    done.seconds = 1e-9 * static_cast<double>(now - from);
    return done;
  }

  [[gnu::noinline]] void finds(std::span<const K> keys, std::size_t at, std::size_t to, lap& done) {
    std::uint64_t hits = 0;
    std::uint64_t strange = 0;
    for (; at < to; ++at) find_one(keys[at], hits, strange);
    done.hits += hits;
    done.strange |= strange;
  }

  [[gnu::noinline]] void finds_in_bulk(std::span<const K> keys, std::size_t at, std::size_t to, std::size_t batch,
                                       lap& done) {
    if constexpr (bulk_find) {
      std::uint64_t hits = 0;
      std::uint64_t strange = 0;
      for (; at < to; at += batch) {
        const K* const some = keys.data() + at;
        map_.find_many(std::span<const K>(some, std::min(batch, to - at)), [&](std::size_t i, const V& value) {
          ++hits;
          strange |= beyond(value, value_of(some[i]));
        });
      }
      done.hits += hits;
      done.strange |= strange;
    }
  }

  [[gnu::noinline]] void mixed(std::span<const K> keys, const step* steps, std::size_t at, std::size_t to, lap& done) {
    std::uint64_t hits = 0;
    std::uint64_t strange = 0;
    std::uint64_t inserted = 0;
    std::uint64_t erased = 0;
    for (; at < to; ++at) {
      const K& key = keys[at];
      if (steps[at] == step::find) {
        find_one(key, hits, strange);
      } else if (steps[at] == step::insert) {
        inserted += map_.insert(key, V(value_of(key)));
      } else {
        erased += map_.erase(key);
      }
    }
    done.hits += hits;
    done.strange |= strange;
    done.inserted += inserted;
    done.erased += erased;
  }

  [[gnu::noinline]] void upserts(std::span<const K> keys, const step* steps, std::size_t at, std::size_t to,
                                 lap& done) {
    std::uint64_t hits = 0;
    std::uint64_t strange = 0;
    std::uint64_t added = 0;
    for (; at < to; ++at) {
      if (steps[at] == step::find) {
        find_one(keys[at], hits, strange);
      } else {
        map_.add(keys[at], 1);
        ++added;
      }
    }
    done.hits += hits;
    done.strange |= strange;
    done.added += added;
  }

  template <class F>
  [[gnu::always_inline]] static void each(key_range keys, F f) {
    if constexpr (numbers) {
      for (std::uint64_t id = keys.first; id < keys.end; id += keys.step) f(number_key_of(id));
    } else {
      std::string text;
      for (std::uint64_t id = keys.first; id < keys.end; id += keys.step) {
        text_key_of(id, text);
        f(text);
      }
    }
  }
  static lap ended(lap done, key_range keys, std::uint64_t from_ns) {
    done.seconds = 1e-9 * static_cast<double>(platform::now_ns() - from_ns);
    done.operations = keys.first < keys.end ? (keys.end - keys.first + keys.step - 1) / keys.step : 0;
    return done;
  }

  Adapter map_;
};

/// The loops of `Adapter` for one form of keys and values; null where a map of numbers alone is asked for texts.
template <template <class, class> class Adapter, bool OnlyNumbers = false>
[[nodiscard]] std::unique_ptr<measured_map> make_measured(key_form form, const workload::setup& how) {
  using number = std::uint64_t;
  if (form == key_form::number) return std::make_unique<measured<Adapter<number, number>, number, number>>(how);
  if constexpr (!OnlyNumbers) {
    using text = std::string;
    if (form == key_form::text) return std::make_unique<measured<Adapter<text, number>, text, number>>(how);
    return std::make_unique<measured<Adapter<text, bytes32>, text, bytes32>>(how);
  }
  return nullptr;
}

}  // namespace portolan::matrix
