// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Promise of lock_free_map: a thread that is stopped anywhere, for ever, holds nobody up.
//
// Method: each operation is run once alone, to learn which named places it passes. Then it is run again, on a fresh map,
// once for each of these places, and stopped there. While it is stopped other threads complete every operation on the
// same keys with exact results, make the map grow, walk it and clear it. Then the stopped one goes on, and the map must
// be whole. It is done on a clean map and on maps in which a third thread is stopped with a marked link or a bucket half
// made, so that the ways by which one operation helps another are passed too. In the end every place that the sources
// name must have been stopped at.
//
// There is no time in what is expected; a deadline of 20 s turns a hang into a failure.
#define PORTOLAN_STEPS 1
#include <portolan/map/lock_free_map.hpp>
#include <portolan/reclaim/hazard.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/scale.hpp"

namespace {

using key = std::uint64_t;
using portolan::comparison;
using portolan::computed;
using namespace std::chrono_literals;

template <class Reclaimer>
using map_of = portolan::lock_free_map<key, key, portolan::hash<key>, portolan::equal<key>,
                                       std::allocator<std::pair<const key, key>>, Reclaimer>;

std::set<std::string> stopped_at;  // by the main thread, from what its threads reached

/// Where a thread is to stop: the n-th time at a place.
struct stop {
  std::string place;
  int time = 1;
};

/// A thread that runs one operation, notes the places that it passes, and stops where it is told until let go.
class stoppable {
 public:
  stoppable(std::function<void()> work, std::vector<stop> stops = {}) : stops_(std::move(stops)) {
    portolan::platform::step_hook.store(&stoppable::passes);
    thread_ = std::thread([this, work = std::move(work)] {
      current = this;
      work();
      current = nullptr;
      finished_ = true;
    });
  }
  ~stoppable() { finish(); }
  stoppable(const stoppable&) = delete;
  stoppable& operator=(const stoppable&) = delete;

  /// Waits until it stands at its next stop; false: it has finished instead.
  [[nodiscard]] bool reach_next_stop() {
    while (reached_.load() <= let_go_.load() && !finished_.load()) std::this_thread::yield();
    if (reached_.load() <= let_go_.load()) return false;
    stopped_at.insert(stops_[static_cast<std::size_t>(reached_.load()) - 1].place);
    return true;
  }
  void go_on() { ++let_go_; }
  void finish() {
    let_go_ = 1'000'000;
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] const std::vector<std::string>& places() {
    finish();
    return places_;
  }

 private:
  static void passes(const char* place) {
    if (current != nullptr) current->pass(place);
  }
  void pass(const char* place) {
    if (stops_.empty()) return places_.emplace_back(place), void();
    const auto next = static_cast<std::size_t>(reached_.load());
    if (next == stops_.size() || stops_[next].place != place || ++times_ != stops_[next].time) return;
    times_ = 0;
    const int number = ++reached_;
    while (let_go_.load() < number) std::this_thread::sleep_for(20us);
  }

  static inline thread_local stoppable* current = nullptr;
  std::vector<stop> stops_;
  std::vector<std::string> places_;
  int times_ = 0;
  std::atomic<int> reached_{0};
  std::atomic<int> let_go_{0};
  std::atomic<bool> finished_{false};
  std::thread thread_;
};

constexpr key first_keys = 16;

template <class Map>
struct operation {
  const char* name;
  std::function<void(Map&)> run;
};

template <class Map>
std::vector<operation<Map>> operations() {
  const auto into = [](auto&&...) {};
  return {
      {"insert", [](Map& m) { m.insert(100, 1); }},
      {"insert, present", [](Map& m) { m.insert(5, 1); }},
      {"insert_or_assign", [](Map& m) { m.insert_or_assign(5, 1); }},
      {"insert_or_assign, absent", [](Map& m) { m.insert_or_assign(101, 1); }},
      {"exchange", [into](Map& m) { into(m.exchange(5, 1)); }},
      {"erase", [](Map& m) { m.erase(5); }},
      {"extract", [into](Map& m) { into(m.extract(5)); }},
      {"compare_erase", [](Map& m) { m.compare_erase(5, 50); }},
      {"compare_exchange", [](Map& m) { m.compare_exchange(5, 50, 1); }},
      {"compute, assigned", [](Map& m) { m.compute(5, [](const key*) { return key{1}; }); }},
      {"compute, inserted", [](Map& m) { m.compute(102, [](const key*) { return key{1}; }); }},
      {"compute, erased",
       [](Map& m) { m.compute(5, [](const key*) -> portolan::decision<key> { return portolan::erase; }); }},
      {"find", [into](Map& m) { into(m.find(5)); }},
      {"contains, absent", [into](Map& m) { into(m.contains(99)); }},
      {"visit", [](Map& m) { m.visit(5, [](const key&) {}); }},
      {"pin", [into](Map& m) { into(m.pin(5)); }},
      {"for_each", [](Map& m) { m.for_each([](const key&, const key&) {}); }},
      {"erase_if", [](Map& m) { m.erase_if([](const key& k, const key&) { return k % 2 == 1; }); }},
      {"clear", [](Map& m) { m.clear(); }},
      {"reserve", [](Map& m) { m.reserve(1000); }},
      {"growth",
       [](Map& m) {
         for (key k = 2000; k < 2200; ++k) m.insert(k, k);
       }},
      {"growth to far buckets",
       [](Map& m) {
         m.reserve(5000);
         for (key k = 3000; k < 3030; ++k) m.insert(k, k);
       }},
      {"churn",
       [](Map& m) {
         for (key i = 0; i < 220; ++i) m.insert_or_assign(5, i);
       }},
      {"stats", [into](Map& m) { into(m.stats().bytes, m.size()); }},
  };
}

/// Every operation, with exact answers: whatever the stopped thread is about happened before or happens later.
template <class Map>
void every_operation(Map& m, key from, key to) {
  for (key k = from; k < to; ++k) {
    m.insert_or_assign(k, 10);
    ASSERT_EQ(m.find(k), 10U);
    ASSERT_TRUE(m.contains(k));
    ASSERT_FALSE(m.insert(k, 11));
    ASSERT_EQ(m.compare_exchange(k, 9, 12), comparison::differed);
    ASSERT_EQ(m.compare_exchange(k, 10, 12), comparison::matched);
    ASSERT_EQ(m.exchange(k, 13), 12U);
    ASSERT_EQ(m.compute(k, [](const key* now) { return *now + 1; }), computed::assigned);
    ASSERT_EQ(*m.pin(k), 14U);
    ASSERT_EQ(m.extract(k), 14U);
    ASSERT_FALSE(m.contains(k));
    ASSERT_EQ(m.compare_erase(k, 14), comparison::absent);
    ASSERT_EQ(m.compute(k, [](const key*) { return key{1}; }), computed::inserted);
    ASSERT_EQ(m.compare_erase(k, 1), comparison::matched);
    ASSERT_TRUE(m.insert(k, k * 10));
    ASSERT_TRUE(m.erase(k));
    ASSERT_TRUE(m.insert(k, k * 10));
  }
}

/// What the others do while one is stopped: alone, then two at a time on one map that grows.
template <class Map>
void others_work(Map& m) {
  every_operation(m, 0, first_keys);
  every_operation(m, 99, 103);
  std::size_t shown = 0;
  m.for_each([&](const key& k, const key&) { shown += k < first_keys ? 1U : 0U; });
  EXPECT_EQ(shown, first_keys);
  const auto grow = [&m](key first) {
    const std::size_t capacity = m.stats().capacity;
    for (key k = first; k < first + 150; ++k) m.insert_or_assign(k, k);
    for (key k = first; k < first + 150; ++k) EXPECT_EQ(m.find(k), k);
    for (key i = 0; i < 100; ++i) m.insert_or_assign(7, i);
    for (key k = 3000; k < 3010; ++k) m.insert(k, k);
    EXPECT_GE(m.stats().capacity, capacity);
  };
  std::thread second(grow, 10'000);
  grow(20'000);
  second.join();
  EXPECT_GE(m.stats().capacity, 128U) << "the map did not grow";
  EXPECT_GE(m.erase_if([](const key& k, const key&) { return k >= 10'000; }), 300U);
  EXPECT_FALSE(m.contains(10'000));
  m.clear();
  every_operation(m, 0, first_keys);
}

/// False: they were held up.
template <class Map>
[[nodiscard]] bool others_complete(Map& m) {
  std::atomic<bool> done{false};
  std::thread others([&] {
    others_work(m);
    done = true;
  });
  const auto deadline = std::chrono::steady_clock::now() + 120s;
  while (!done.load() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(20us);
  const bool in_time = done.load();
  if (!in_time) return others.detach(), false;  // it may wait for ever; the program is about to fail
  others.join();
  return true;
}

template <class Map>
void expect_whole(Map& m) {
  std::map<key, key> shown;
  m.for_each([&](const key& k, const key& v) { EXPECT_TRUE(shown.emplace(k, v).second) << "twice: " << k; });
  EXPECT_EQ(m.size(), shown.size());
  for (const auto& [k, v] : shown) EXPECT_EQ(m.find(k), v);
  m.clear();
  EXPECT_EQ(m.size(), 0U);
  every_operation(m, 0, 4);
}

template <class Map>
std::unique_ptr<Map> fresh_map() {
  auto made = std::make_unique<Map>(portolan::map_options{.seed = 3});
  for (key k = 0; k < first_keys; ++k) made->insert(k, k * 10);
  return made;
}

/// One operation, stopped as told, while another thread may stand somewhere already. False: others were held up.
template <class Map>
[[nodiscard]] bool is_harmless(const operation<Map>& victim, const std::vector<stop>& stops,
                               const std::function<void(Map&)>& earlier = nullptr, const stop& earlier_stop = {}) {
  auto m = fresh_map<Map>();
  bool harmless = true;
  {
    std::unique_ptr<stoppable> first;
    if (earlier != nullptr) {
      first = std::make_unique<stoppable>([&] { earlier(*m); }, std::vector{earlier_stop});
      EXPECT_TRUE(first->reach_next_stop()) << earlier_stop.place;
    }
    stoppable stopped([&] { victim.run(*m); }, stops);
    while (harmless && stopped.reach_next_stop()) {
      harmless = others_complete(*m);
      EXPECT_TRUE(harmless) << victim.name << ", stopped at '" << stops.front().place << "' (" << stops.front().time
                            << "), holds others up";
      if (!harmless) static_cast<void>(m.release());  // others may still use it
      stopped.go_on();
    }
  }
  if (harmless) expect_whole(*m);
  return harmless;
}

/// The first times of each place that an operation passes.
std::vector<stop> stops_of(const std::vector<std::string>& places, int times) {
  std::map<std::string, int> passed;
  std::vector<stop> stops;
  for (const std::string& place : places) {
    const int time = ++passed[place];
    if (time <= times) stops.push_back({place, time});
  }
  return stops;
}

template <class Map>
class a_stopped_thread : public testing::Test {};
using maps = testing::Types<map_of<portolan::epoch>, map_of<portolan::hazard>>;
TYPED_TEST_SUITE(a_stopped_thread, maps);

TYPED_TEST(a_stopped_thread, holds_nobody_up_wherever_it_stands) {
  int schedules = 0;
  for (const auto& victim : operations<TypeParam>()) {
    auto alone = fresh_map<TypeParam>();
    const std::vector<stop> stops =
        stops_of(stoppable([&] { victim.run(*alone); }).places(), support::sanitized ? 1 : 2);
    for (const stop& at : stops) {
      ASSERT_TRUE(is_harmless<TypeParam>(victim, {at}));
      ++schedules;
      ASSERT_FALSE(this->HasFailure()) << victim.name << ", stopped at '" << at.place << "' (" << at.time << ")";
    }
  }
  this->RecordProperty("schedules", schedules);
  EXPECT_GT(schedules, 100);
}

TYPED_TEST(a_stopped_thread, holds_nobody_up_beside_another_one) {
  const std::vector<std::pair<operation<TypeParam>, stop>> earlier = {
      {{"erase", [](TypeParam& m) { m.erase(5); }}, {"erase: marked"}},
      {{"assign", [](TypeParam& m) { m.insert_or_assign(5, 3); }}, {"replace: marked"}},
      {{"growth",
        [](TypeParam& m) {
          for (key k = 2000; k < 2200; ++k) m.insert(k, k);
        }},
       {"bucket: linked", 9}},
      {{"churn",
        [](TypeParam& m) {
          for (key i = 0; i < 220; ++i) m.insert_or_assign(5, i);
        }},
       {"retire: hand taken"}},
  };
  int schedule = 0;
  for (const auto& pair : earlier) {
    const operation<TypeParam>& first = pair.first;
    const stop& first_stop = pair.second;
    for (const auto& victim : operations<TypeParam>()) {
      auto alone = fresh_map<TypeParam>();
      std::vector<std::string> places;
      {
        stoppable before([&] { first.run(*alone); }, {first_stop});
        ASSERT_TRUE(before.reach_next_stop());
        places = stoppable([&] { victim.run(*alone); }).places();
      }
      for (const stop& at : stops_of(places, 1)) {
        if (support::sanitized && schedule++ % 8 != 0) continue;  // where each step is dear, one in eight
        ASSERT_TRUE(is_harmless<TypeParam>(victim, {at}, first.run, first_stop));
        ASSERT_FALSE(this->HasFailure()) << victim.name << " at '" << at.place << "' beside " << first.name;
      }
    }
  }
}

TYPED_TEST(a_stopped_thread, holds_nobody_up_where_it_comes_after_others_have_passed) {
  const operation<TypeParam> erase = {"erase", [](TypeParam& m) { m.erase(5); }};
  const operation<TypeParam> assign = {"assign", [](TypeParam& m) { m.insert_or_assign(5, 3); }};
  ASSERT_TRUE(is_harmless(erase, {{"erase: marked"}, {"unlink: by a walk"}}));
  ASSERT_TRUE(is_harmless(assign, {{"replace: marked"}, {"unlink: by a walk"}}));
  ASSERT_TRUE(is_harmless(assign, {{"replace: marked"}, {"retire: hand taken"}}));
  // Who finds that another block is in its hand gives every group of threads a hand.
  ASSERT_TRUE(is_harmless(assign, {{"retire: hand taken"}, {"retire: hands made"}}));
  ASSERT_TRUE(is_harmless(erase, {{"retire: hand taken"}, {"retire: sealed"}, {"retire: pushed"}}));
}

// The places are read from the sources, so that none is forgotten.
TEST(every_named_place, was_stopped_at) {
  std::set<std::string> named;
  const auto read = [&](const std::filesystem::path& path) {
    std::ifstream in(path);
    ASSERT_TRUE(in) << path;
    const std::string call = "platform::step(\"";
    for (std::string line; std::getline(in, line);) {
      const std::size_t at = line.find(call);
      if (at == std::string::npos) continue;
      const std::size_t first = at + call.size();
      named.insert(line.substr(first, line.find('"', first) - first));
    }
  };
  for (const auto& file : std::filesystem::directory_iterator("portolan/map/lock_free")) read(file.path());
  for (const char* path : {"domain/lock_free.hpp", "epoch.hpp", "epoch/rule.hpp", "epoch/judge.hpp", "hazard.hpp",
                           "hazard/rule.hpp", "hazard/judge.hpp"}) {
    read(std::filesystem::path("portolan/reclaim") / path);
  }
  EXPECT_GE(named.size(), 35U);
  for (const std::string& place : named)
    EXPECT_TRUE(stopped_at.contains(place)) << "never stopped at '" << place << "'";
  this->RecordProperty("places", static_cast<int>(named.size()));
}

}  // namespace
