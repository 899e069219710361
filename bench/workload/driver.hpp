// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The loop that one map is measured in, compiled once for each map and kind of key and value.
//
// An adapter says how a map does what a workload asks for: bench/peers/adapter.hpp.
// Adapters of different files have different names, also in unnamed namespaces: g++ 12 merges the instances of
// make_driver for two template template arguments that are called alike (a test looks for that).
#pragma once

#include <cstring>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "bench/workload/candidate.hpp"

namespace portolan::workload {

template <class K>
struct nothing_of_two {
  void operator()(const K&, std::uint64_t) const noexcept {}
  void operator()(const K&, const std::string&) const noexcept {}
};

template <class A, class K, class V>
concept map_adapter = requires(A map, const K& key, V value, nothing_of_two<K> entry) {
  {
    map.find(key, [](const V&) {})
    } -> std::same_as<bool>;
  { map.insert(key, std::move(value)) } -> std::same_as<bool>;
  map.assign(key, std::move(value));
  { map.erase(key) } -> std::same_as<bool>;
  map.for_each(entry);
  { map.size() } -> std::convertible_to<std::size_t>;
};

/// A value of a workload: a number that is its stamp, or bytes that begin with it.
[[nodiscard]] inline std::uint64_t make_value(std::uint64_t stamp, std::uint32_t, std::uint64_t*) { return stamp; }
[[nodiscard]] inline std::string make_value(std::uint64_t stamp, std::uint32_t bytes, std::string*) {
  std::string value(bytes < sizeof stamp ? sizeof stamp : bytes, '.');
  std::memcpy(value.data(), &stamp, sizeof stamp);
  return value;
}
[[nodiscard]] inline std::uint64_t stamp_in(std::uint64_t value) noexcept { return value; }
[[nodiscard]] inline std::uint64_t stamp_in(const std::string& value) noexcept {
  std::uint64_t stamp = 0;
  if (value.size() >= sizeof stamp) std::memcpy(&stamp, value.data(), sizeof stamp);
  return stamp;
}
[[nodiscard]] inline std::size_t bytes_of(std::uint64_t) noexcept { return 8; }
[[nodiscard]] inline std::size_t bytes_of(const std::string& value) noexcept { return value.size(); }

/// Which number a key of the workload has; key_count for a key that it does not know.
[[nodiscard]] std::uint32_t number_in(const workload& work, std::uint64_t key);
[[nodiscard]] std::uint32_t number_in(const workload& work, const std::string& key);

template <class Adapter, class K, class V>
class driver final : public subject {
  static_assert(map_adapter<Adapter, K, V>,
                "an adapter has find, insert, assign, erase, for_each, size as bench/peers/adapter.hpp says");

 public:
  explicit driver(const setup& how) : map_(how), work_(how.work), checked_(how.check_reads && !how.work.counting) {}

  [[nodiscard]] const char* map_type() const override { return typeid(Adapter).name(); }

  void enter_thread() override {
    if constexpr (requires { map_.enter_thread(); }) map_.enter_thread();
  }
  void leave_thread() override {
    if constexpr (requires { map_.leave_thread(); }) map_.leave_thread();
  }

  void execute(const batch& todo, outcome& seen) override {
    for (std::size_t i = 0; i < todo.count; ++i) {
      const operation op = todo.first[i];
      const std::uint64_t write = todo.first_write + i;
      switch (op.what()) {
        case action::find: find(op.key(), seen); break;
        case action::insert: seen.inserted += map_.insert(key(op.key()), value(op, write)); break;
        case action::assign: map_.assign(key(op.key()), value(op, write)); break;
        case action::erase: seen.erased += map_.erase(key(op.key())); break;
        case action::add: add(op.key()); break;
      }
    }
  }

  void fill(std::span<const operation> start) override {
    if constexpr (requires(std::vector<std::pair<K, V>> all) { map_.fill(std::move(all)); }) {
      std::vector<std::pair<K, V>> all;
      all.reserve(start.size());
      for (const operation op : start) all.emplace_back(key(op.key()), value(op, 0));
      map_.fill(std::move(all));
    } else {
      for (const operation op : start) (void)map_.insert(key(op.key()), value(op, 0));
    }
  }

  void contents(const std::function<void(const content&)>& f) override {
    map_.for_each([&](const K& k, const V& v) { f(content{number_in(work_, k), stamp_in(v), bytes_of(v)}); });
  }

  [[nodiscard]] std::size_t size() override { return static_cast<std::size_t>(map_.size()); }

  [[nodiscard]] std::optional<std::size_t> kept_back_bytes() override {
    if constexpr (requires { map_.kept_back_bytes(); }) return static_cast<std::size_t>(map_.kept_back_bytes());
    return std::nullopt;
  }

 private:
  [[nodiscard]] decltype(auto) key(std::uint32_t id) const noexcept {
    if constexpr (std::is_same_v<K, std::uint64_t>) {
      return number_key(id);
    } else {
      return static_cast<const std::string&>(work_.texts[id]);
    }
  }

  [[nodiscard]] V value(operation op, std::uint64_t write) const {
    const std::uint64_t stamp = work_.counting ? 1 : stamp_of(op.key(), write);
    return make_value(stamp, op.value_bytes(), static_cast<V*>(nullptr));
  }

  void find(std::uint32_t id, outcome& seen) {
    std::uint64_t stamp = 0;
    const bool hit = map_.find(key(id), [&](const V& v) { stamp = stamp_in(v); });
    ++seen.finds;
    seen.hits += hit;
    if (checked_ && hit && static_cast<std::uint32_t>(stamp >> 32) != tag_of(id)) [[unlikely]]
      ++seen.wrong_reads;
  }

  void add(std::uint32_t id) {
    if constexpr (std::is_same_v<V, std::uint64_t>) map_.add(key(id), 1);
  }

  Adapter map_;
  const workload& work_;
  const bool checked_;
};

/// The driver of `Adapter` for the kinds of key and value that the workload has.
template <template <class, class> class Adapter>
[[nodiscard]] std::unique_ptr<subject> make_driver(const setup& how) {
  using number = std::uint64_t;
  using text = std::string;
  const bool texts = how.work.keys == key_kind::text;
  if (how.work.values == value_kind::number) {
    if (texts) return std::make_unique<driver<Adapter<text, number>, text, number>>(how);
    return std::make_unique<driver<Adapter<number, number>, number, number>>(how);
  }
  if (texts) return std::make_unique<driver<Adapter<text, text>, text, text>>(how);
  return std::make_unique<driver<Adapter<number, text>, number, text>>(how);
}

}  // namespace portolan::workload
