// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/matrix/growth.hpp"

#include <time.h>

#include <algorithm>
#include <cmath>

#include "bench/matrix/figures.hpp"
#include "bench/matrix/in_child.hpp"
#include "bench/workload/allocations.hpp"
#include "portolan/base/platform.hpp"

namespace portolan::matrix {
namespace {

bool stopped(const growth_settings& how) { return how.interrupted != nullptr && how.interrupted->load(); }

workload::workload about(std::uint64_t entries) {
  workload::workload made;
  made.keys = workload::key_kind::number;
  made.key_count = static_cast<std::uint32_t>(entries);
  return made;
}

void sleep_ms(long ms) {
  const timespec span{ms / 1000, ms % 1000 * 1'000'000};
  ::nanosleep(&span, nullptr);
}

double held_bytes() {
  return static_cast<double>(workload::allocations_of_all_threads().held_bytes()) +
         static_cast<double>(platform::mapped_bytes());
}

std::vector<double> grow_and_look(const entrant& which, const growth_settings& how) {
  constexpr double points = 96;
  const workload::workload work = about(how.entries);
  std::vector<double> found;
  const double resident_before = resident_bytes();
  workload::count_allocations(true);
  const double held_before = held_bytes();
  const auto map = which.which.measure(key_form::number, workload::setup{work});
  found.push_back(held_bytes() - held_before);
  workload::count_allocations(false);
  map->enter_thread();
  std::uint64_t so_far = 0;
  forget_peak();
  for (double at = 1; at <= points && !stopped(how); ++at) {
    // Equal steps on a logarithmic scale over the last two doublings, one long step before.
    const auto next =
        static_cast<std::uint64_t>(static_cast<double>(how.entries) * std::exp2(2 * (at - points) / points));
    (void)map->fill({so_far, next, 1});
    so_far = next;
    found.insert(found.end(),
                 {static_cast<double>(so_far), resident_bytes() - resident_before, peak_bytes() - resident_before});
    forget_peak();
  }
  sleep_ms(300);  // what is freed later, by a timer or by a grace period
  found.push_back(resident_bytes() - resident_before);
  map->leave_thread();
  return found;
}

// The two loops of the half-grown table: finds in windows until they keep their speed.
std::vector<double> leave_and_find(const entrant& which, const growth_settings& how) {
  const workload::workload work = about(2 * how.entries);
  touch_memory(how.entries);
  const auto map = which.which.measure(key_form::number, workload::setup{work});
  if (!map->can().growing) return {};
  map->enter_thread();
  std::uint64_t so_far = how.entries / 2;
  (void)map->fill({0, so_far, 1});
  constexpr std::uint64_t a_few = 500;
  while (map->growing() && so_far < 3 * how.entries) (void)map->fill({so_far, so_far + a_few, 1}), so_far += a_few;
  while (!map->growing() && so_far < 3 * how.entries) (void)map->fill({so_far, so_far + a_few, 1}), so_far += a_few;
  const bool found = map->growing();
  const key_streams keys(key_form::number, so_far, skew::uniform, key_streams::from::present, 1, 1 << 20);
  const std::vector<step> none;
  // The streams took longer than a growth may: begin another one, whose keys are made.
  if (found) {
    while (map->growing() && so_far < 6 * how.entries) (void)map->fill({so_far, so_far + a_few, 1}), so_far += a_few;
    while (!map->growing() && so_far < 6 * how.entries) (void)map->fill({so_far, so_far + a_few, 1}), so_far += a_few;
  }
  std::vector<double> figures{found && map->growing() ? 1.0 : 0.0};
  constexpr std::uint64_t window_ns = 5'000'000;
  const std::uint64_t begin = platform::now_ns();
  for (int i = 0; i < 400 && !stopped(how); ++i) {
    const lap done = map->run(keys.of(0, none), loop::finds, 0, platform::now_ns() + window_ns);
    figures.push_back(1e-6 * static_cast<double>(platform::now_ns() - begin));
    figures.push_back(static_cast<double>(done.operations) / done.seconds);
  }
  map->leave_thread();
  return figures;
}

std::vector<double> churn_in_windows(const entrant& which, skew keys, std::uint64_t entries, unsigned threads,
                                     double seconds, const growth_settings& how) {
  constexpr unsigned windows = 30;
  constexpr std::size_t length = 1 << 20;
  const workload::workload work = about(2 * entries);
  pinned_threads pool(threads);
  const key_streams streams(key_form::number, entries, keys, key_streams::from::both, threads, length);
  std::vector<std::vector<step>> steps;
  for (unsigned t = 0; t < threads; ++t) {
    steps.push_back(steps_of(mix::find50, length, t));
    for (std::size_t i = 0; i < length; ++i) {
      if (steps[t][i] == step::find) steps[t][i] = i % 2 == 0 ? step::insert : step::erase;
    }
  }
  const double resident_before = resident_bytes();
  const auto map = which.which.measure(key_form::number, workload::setup{work});
  map->enter_thread();
  (void)map->fill({0, entries, 1});
  map->leave_thread();
  std::vector<double> figures;
  const std::uint64_t begin = platform::now_ns();
  for (unsigned w = 1; w <= windows && !stopped(how); ++w) {
    const std::uint64_t end_ns = begin + static_cast<std::uint64_t>(1e9 * seconds * w / windows);
    const std::vector<lap> laps = laps_of(*map, pool, threads, [&](unsigned t, std::uint64_t) {
      return map->run(streams.of(t, steps[t]), loop::mixed, 0, end_ns);
    });
    figures.insert(figures.end(), {1e-9 * static_cast<double>(platform::now_ns() - begin), speed_of(laps),
                                   resident_bytes() - resident_before});
  }
  return figures;
}

std::vector<double> fill_timed(const entrant* which, unsigned threads, const growth_settings& how) {
  const workload::workload work = about(how.entries);
  pinned_threads pool(threads);
  touch_memory(how.entries);
  std::unique_ptr<measured_map> map;
  if (which != nullptr) map = which->which.measure(key_form::number, workload::setup{work});
  std::vector<workload::histogram> parts(threads);
  const auto fill = [&](unsigned t, std::uint64_t) {
    const key_range mine{t, how.entries, threads};
    if (map != nullptr) {
      (void)map->fill_timed(mine, parts[t]);
      return;
    }
    for (std::uint64_t i = mine.first; i < mine.end; i += mine.step) {
      const std::uint64_t from = platform::now_ns();
      parts[t].record(platform::now_ns() - from);
    }
  };
  pool.run(threads, {.prepare =
                         [&](unsigned) {
                           if (map != nullptr) map->enter_thread();
                         },
                     .work = fill,
                     .finish =
                         [&](unsigned) {
                           if (map != nullptr) map->leave_thread();
                         }});
  workload::histogram all;
  for (const workload::histogram& part : parts) all.add(part);
  std::vector<double> figures{static_cast<double>(all.max())};
  all.for_each([&](std::uint64_t edge, std::uint64_t count) {
    figures.insert(figures.end(), {static_cast<double>(edge), static_cast<double>(count)});
  });
  return figures;
}

}  // namespace

void touch_memory(std::uint64_t entries) {
  const std::size_t bytes = entries * 64 + (std::size_t{64} << 20);
  auto* pages = static_cast<unsigned char*>(platform::map_pages(bytes));
  for (std::size_t at = 0; at < bytes; at += platform::page_bytes) pages[at] = 1;
  platform::unmap_pages(pages, bytes);
}

double memory_growth::bytes_per_entry() const {
  double sum = 0;
  for (const point& each : points) sum += each.resident_bytes / each.entries;
  return points.empty() ? 0 : sum / static_cast<double>(points.size());
}

double memory_growth::worst_bytes_per_entry() const {
  double most = 0;
  for (const point& each : points) most = std::max(most, each.resident_bytes / each.entries);
  return most;
}

double memory_growth::peak_over_steady() const {
  double most = 0;
  for (const point& each : points) most = std::max(most, each.peak_bytes);
  return settled_bytes > 0 ? most / settled_bytes : 0;
}

std::optional<memory_growth> measure_memory(const entrant& which, const growth_settings& how) {
  const auto found = in_child([&] { return grow_and_look(which, how); });
  if (!found || found->size() < 5) return std::nullopt;
  memory_growth made;
  made.empty_bytes = found->front();
  made.settled_bytes = found->back();
  for (std::size_t i = 1; i + 3 < found->size() + 1 && i + 2 < found->size(); i += 3) {
    made.points.push_back({(*found)[i], (*found)[i + 1], (*found)[i + 2]});
  }
  return made;
}

double insert_latency::at_ns(double share) const {
  double total = 0;
  for (const auto& [edge, count] : counts) total += count;
  double passed = 0;
  for (const auto& [edge, count] : counts) {
    passed += count;
    if (passed >= share * total) return std::min(edge, max_ns);
  }
  return max_ns;
}

std::optional<insert_latency> measure_latency(const entrant* which, unsigned threads, const growth_settings& how) {
  const auto found = in_child([&] { return fill_timed(which, threads, how); });
  if (!found || found->size() < 3) return std::nullopt;
  insert_latency made;
  made.max_ns = found->front();
  for (std::size_t i = 1; i + 1 < found->size(); i += 2) made.counts.emplace_back((*found)[i], (*found)[i + 1]);
  return made;
}

std::optional<left_half_grown> measure_half_grown(const entrant& which, const growth_settings& how) {
  const auto found = in_child([&] { return leave_and_find(which, how); });
  if (!found || found->size() < 21) return std::nullopt;
  left_half_grown made;
  made.found = found->front() > 0;
  std::vector<double> ends_ms;
  std::vector<double> speeds;
  for (std::size_t i = 1; i + 1 < found->size(); i += 2) {
    ends_ms.push_back((*found)[i]);
    speeds.push_back((*found)[i + 1]);
  }
  made.first_speed = speeds.front();
  made.full_speed = median_of({speeds.begin() + static_cast<std::ptrdiff_t>(speeds.size() / 2), speeds.end()});
  // Full for good: the median of this window and the four after it, so that one disturbed window does not count.
  for (std::size_t i = 0; i + 5 <= speeds.size(); ++i) {
    const auto at = speeds.begin() + static_cast<std::ptrdiff_t>(i);
    if (median_of({at, at + 5}) >= 0.9 * made.full_speed) {
      made.until_full_ms = i == 0 ? 0 : ends_ms[i - 1];
      return made;
    }
  }
  made.until_full_ms = ends_ms.back();
  return made;
}

double churn::memory_drift() const {
  std::vector<double> bytes;
  for (std::size_t i = windows.size() / 10; i < windows.size(); ++i) bytes.push_back(windows[i].resident_bytes);
  const double middle = median_of(bytes);
  double most = 0;
  for (const double one : bytes) most = std::max(most, std::abs(one - middle));
  return middle > 0 ? most / middle : 0;
}

double churn::speed_kept() const {
  const std::size_t third = windows.size() / 3;
  std::vector<double> first;
  std::vector<double> last;
  for (std::size_t i = 0; i < third; ++i) {
    first.push_back(windows[i].speed);
    last.push_back(windows[windows.size() - 1 - i].speed);
  }
  return third == 0 ? 0 : median_of(last) / median_of(first);
}

std::optional<churn> measure_churn(const entrant& which, skew keys, std::uint64_t entries, unsigned threads,
                                   double seconds, const growth_settings& how) {
  const auto found = in_child([&] { return churn_in_windows(which, keys, entries, threads, seconds, how); });
  if (!found || found->size() < 9) return std::nullopt;
  churn made;
  for (std::size_t i = 0; i + 2 < found->size(); i += 3) {
    made.windows.push_back({(*found)[i], (*found)[i + 1], (*found)[i + 2]});
  }
  return made;
}

}  // namespace portolan::matrix
