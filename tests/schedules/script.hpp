// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Scripted schedules of concurrent_map: a thread is stopped at a named place of the protocol, and what another thread
// could do meanwhile is done there. What each of these kills: docs/algorithms/concurrent_map.md.
//
// A script runs on the thread that the place stops, or on another that it waits for, wherever the operation must not
// wait; what may have to wait runs on threads which the script leaves some time and which are joined when the stopped
// one has gone on.
#pragma once

#define PORTOLAN_STEPS 1
#include <portolan/map/bulk.hpp>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/portable_storage.hpp>
#include <portolan/reclaim/hazard.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/scale.hpp"
#include "tests/support/text_number.hpp"

namespace schedules {

using portolan::concurrent_map;
using key = std::uint64_t;

/// Sends keys to the homes 0, 1, 2 …, eight keys to each.
struct crowded {
  std::size_t operator()(key k) const noexcept { return k / 8; }
};
/// The lines of a hash are known: its high bits, here those of the key.
struct plain {
  using is_avalanching = void;
  std::size_t operator()(key k) const noexcept { return k << 54 | k; }
};
/// Keys that are equal modulo 16 have neighbouring homes; most of them have other tags.
struct tagged {
  using is_avalanching = void;
  std::size_t operator()(key k) const noexcept { return k << 60 | k / 16 << 16; }
};
/// One hash for all.
struct constant {
  std::size_t operator()(key) const noexcept { return 7; }
};

/// An equality that the map does not know: such keys stand in nodes, whose small values change in place.
struct same_number {
  bool operator()(key a, key b) const noexcept { return a == b; }
};

template <class R, class S, class Equal = portolan::equal<key>, class Key = key>
struct variant {
  template <class Hash, class Alloc = std::allocator<std::pair<const key, key>>>
  using map = concurrent_map<Key, key, Hash, Equal, Alloc, R, S>;
  static constexpr bool handles = std::is_same_v<S, portolan::node_storage>;
  static constexpr bool nodes = handles || !std::is_same_v<Equal, portolan::equal<key>>;
  static constexpr bool in_place = nodes && !handles;
};
/// Keys that are texts: under epochs most writes of them try the home line alone.
using support::text_number;
template <class R, class S>
using text_variant = variant<R, S, portolan::equal<text_number>, text_number>;
using all_variants = testing::Types<
    variant<portolan::epoch, portolan::automatic_storage>, variant<portolan::hazard, portolan::automatic_storage>,
    variant<portolan::epoch, portolan::portable_storage>, variant<portolan::hazard, portolan::portable_storage>,
    text_variant<portolan::epoch, portolan::node_storage>, variant<portolan::hazard, portolan::node_storage>,
    text_variant<portolan::epoch, portolan::automatic_storage>,
    variant<portolan::hazard, portolan::automatic_storage, same_number>>;
// A script fixes the order in which threads meet, so ThreadSanitizer sees the same in half of the combinations, and
// AddressSanitizer the same memory taken and given back in those that have each storage and each reclaimer.
using variants_for_threads = testing::Types<
    variant<portolan::epoch, portolan::automatic_storage>, variant<portolan::hazard, portolan::portable_storage>,
    variant<portolan::hazard, portolan::node_storage>, text_variant<portolan::epoch, portolan::automatic_storage>>;
using variants_for_memory = testing::Types<
    variant<portolan::epoch, portolan::automatic_storage>, variant<portolan::hazard, portolan::portable_storage>,
    variant<portolan::hazard, portolan::node_storage>, text_variant<portolan::epoch, portolan::automatic_storage>,
    variant<portolan::hazard, portolan::automatic_storage, same_number>>;
using variants = std::conditional_t<portolan::platform::under_thread_sanitizer, variants_for_threads,
                                    std::conditional_t<support::sanitized, variants_for_memory, all_variants>>;
template <class V>
class scripted : public testing::Test {};
TYPED_TEST_SUITE(scripted, variants);

/// Runs `act(place)` at each named place that this thread passes while the script lives; not inside itself.
class script {
 public:
  explicit script(std::function<void(std::string_view)> act) : act_(std::move(act)) {
    current = this;
    portolan::platform::step_hook.store(&script::reached);
  }
  ~script() { current = nullptr; }
  script(const script&) = delete;
  script& operator=(const script&) = delete;

 private:
  static void reached(const char* place) {
    script* const now = std::exchange(current, nullptr);
    if (now == nullptr) return;
    now->act_(place);
    current = now;
  }
  static inline thread_local script* current = nullptr;
  std::function<void(std::string_view)> act_;
};

/// Threads whose work may have to wait for the stopped one.
class others {
 public:
  ~others() { join(); }
  void run(std::function<void()> work) {
    ++running_;
    threads_.emplace_back([this, work = std::move(work)] {
      work();
      --running_;
    });
  }
  /// Lets them come as far as they can: until all are through, or some time has passed.
  void leave_time() {
    for (int i = 0; i < 40 && running_.load() != 0; ++i) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  void join() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::atomic<int> running_{0};
  std::vector<std::thread> threads_;
};

/// What another thread does that does not wait for the stopped one.
template <class F>
void elsewhere(F work) {
  std::thread(work).join();
}

template <class Map>
void expect_same(Map& map, const std::map<key, key>& oracle, key bound, std::string_view when) {
  for (key k = 0; k < bound; ++k) {
    const auto known = oracle.find(k);
    const auto found = map.find(k);
    ASSERT_EQ(found.has_value(), known != oracle.end()) << "key " << k << " " << when;
    if (found) {
      ASSERT_EQ(*found, known->second) << "key " << k << " " << when;
    }
  }
}

/// What find_each says of the key to a thread that has only missed lately, and so looks at tags first.
template <class Map>
bool found_after_misses(const Map& map, key sought) {
  std::vector<typename Map::key_type> keys;
  for (key k = 0; k < 64; ++k) keys.emplace_back(key{1} << 40 | k);
  std::vector<portolan::found<key>> results(keys.size());
  EXPECT_EQ(portolan::find_each(map, keys, results), 0U);
  keys.assign(1, typename Map::key_type(sought));
  return portolan::find_each(map, keys, results) == 1;
}

template <class Map>
std::map<key, key> fill(Map& map, key count) {
  std::map<key, key> oracle;
  for (key k = 0; k < count; ++k) {
    EXPECT_TRUE(map.insert(k, k + 1000));
    oracle[k] = k + 1000;
  }
  return oracle;
}

}  // namespace schedules
