// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What it costs to record a history, and to check one: docs/linearizability.md.
//
// The histories that are checked are made, not recorded: 16 threads that are always inside a call, each call with an instant
// of its own. So the overlap is what 16 processors would give, whatever this machine has.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <random>
#include <unordered_map>
#include <vector>

#include <portolan/base/clock.hpp>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/prove/history_recorder.hpp>
#include <portolan/prove/linearize.hpp>

namespace {

using namespace portolan::prove;

constexpr unsigned threads = 16;

enum class mix { ordinary, exchanges, blind };

action drawn(std::uint64_t draw, mix of) {
  const unsigned percent = static_cast<unsigned>(draw % 100);
  if (of == mix::ordinary) {
    return percent < 50   ? action::find
           : percent < 60 ? action::insert
           : percent < 75 ? action::assign
           : percent < 85 ? action::erase
           : percent < 95 ? action::compare_exchange
                          : action::contains;
  }
  if (of == mix::exchanges) return percent < 50 ? action::find : percent < 90 ? action::exchange : action::extract;
  return percent < 50 ? action::find : action::assign;
}

void tell(operation& one, std::unordered_map<std::uint64_t, std::uint64_t>& map, bool blind) {
  const auto at = map.find(one.key);
  const bool hit = at != map.end();
  one.how = hit ? ending::hit : ending::miss;
  switch (one.what) {
    case action::find:
      if (hit) one.seen = at->second;
      return;
    case action::contains: return;
    case action::insert:
      if (!hit) map[one.key] = one.argument;
      return;
    case action::exchange:
      if (hit) one.seen = at->second;
      [[fallthrough]];
    case action::assign:
      map[one.key] = one.argument;
      if (blind) one.how = ending::done;
      return;
    case action::compare_exchange:
      one.seen = hit && one.argument % 2 == 0 ? at->second : 1;
      if (hit && at->second != one.seen) one.how = ending::differed;
      if (hit && at->second == one.seen) at->second = one.argument;
      return;
    default:
      if (hit) {
        one.seen = at->second;
        map.erase(at);
      }
  }
}

history made(std::size_t count, std::uint64_t keys, mix of) {
  std::mt19937_64 random(1);
  struct timed {
    std::uint64_t instant;
    operation one;
  };
  std::vector<timed> all;
  all.reserve(count);
  std::vector<std::uint64_t> now(threads, 1);
  for (std::size_t i = 0; i < count; ++i) {
    const auto lane = static_cast<std::uint32_t>(i % threads);
    const std::uint64_t call = now[lane] + 1 + random() % 20;
    const std::uint64_t instant = call + random() % 200;
    now[lane] = instant + random() % 200;
    all.push_back(
        {instant, {call, now[lane], random() % keys, i + 2, 0, lane, drawn(random(), of), ending::pending, 0}});
  }
  std::sort(all.begin(), all.end(), [](const timed& a, const timed& b) { return a.instant < b.instant; });
  std::unordered_map<std::uint64_t, std::uint64_t> map;
  for (timed& each : all) tell(each.one, map, of == mix::blind);
  // As a recorder leaves them: each lane by itself.
  std::stable_sort(all.begin(), all.end(), [](const timed& a, const timed& b) { return a.one.lane < b.one.lane; });
  history whole;
  for (const timed& each : all) whole.add(each.one);
  return whole;
}

void check(const char* title, std::size_t count, std::uint64_t keys, mix of) {
  const history all = made(count, keys, of);
  double best = 1e18;
  verdict seen;
  for (int round = 0; round < 3; ++round) {
    const std::uint64_t begin = portolan::platform::now_ns();
    seen = check_linearizable(all);
    best = std::min(best, static_cast<double>(portolan::elapsed_since_ns(begin)));
  }
  std::printf("%-34s %8.2f M operations/s  %5.0f bytes an operation  %4zu configurations  %s\n", title,
              static_cast<double>(count) * 1000 / best,
              static_cast<double>(all.bytes() + seen.bytes) / static_cast<double>(count), seen.most_configurations,
              seen.ok() ? "explained" : "NOT EXPLAINED");
}

template <class Act>
double ns_a_call(recorder& notes, Act&& act) {
  constexpr int calls = 2'000'000;
  double best = 1e18;
  for (int round = 0; round < 5; ++round) {
    const std::uint64_t begin = portolan::platform::now_ns();
    for (int i = 0; i < calls; ++i) act(static_cast<std::uint64_t>(i) * 0x9E3779B9U & 1023U);
    best = std::min(best, static_cast<double>(portolan::elapsed_since_ns(begin)) / calls);
    notes.reuse(notes.take());
  }
  return best;
}

void record() {
  portolan::concurrent_map<std::uint64_t, std::uint64_t> map;
  for (std::uint64_t i = 0; i < 1024; ++i) map.insert(i, i);
  recorder notes(1);
  std::uint64_t found = 0;
  const double bare_find = ns_a_call(notes, [&](std::uint64_t key) { found += map.find(key).has_value(); });
  const double find = ns_a_call(notes, [&](std::uint64_t key) { found += notes.of(0).find(map, key).has_value(); });
  const double bare_put = ns_a_call(notes, [&](std::uint64_t key) { map.insert_or_assign(key, found); });
  const double put = ns_a_call(notes, [&](std::uint64_t key) { notes.of(0).insert_or_assign(map, key, found); });
  const double nothing = ns_a_call(notes, [&](std::uint64_t key) {
    operation& one = notes.of(0).begun(action::find, key);
    notes.of(0).ended(one, ending::miss);
  });
  std::printf(
      "recording: nothing %.1f ns; a find %.1f ns (%.1f with it, %.1f without); an assign %.1f ns (%.1f, %.1f)\n",
      nothing, find - bare_find, find, bare_find, put - bare_put, put, bare_put);
  if (found == 0) std::puts("");
}

}  // namespace

int main() {
  record();
  check("100,000 keys, ordinary", 4'000'000, 100'000, mix::ordinary);
  check("1,000 keys, ordinary", 4'000'000, 1'000, mix::ordinary);
  check("1 key, ordinary", 1'000'000, 1, mix::ordinary);
  check("1 key, exchanges", 1'000'000, 1, mix::exchanges);
  check("1 key, blind puts", 200'000, 1, mix::blind);
}
