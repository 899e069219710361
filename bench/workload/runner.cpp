// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/runner.hpp"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <thread>

#include "bench/workload/allocations.hpp"
#include "bench/workload/distribution.hpp"
#include "bench/workload/reference.hpp"
#include "portolan/base/platform.hpp"

namespace portolan::workload {
namespace {

// One operation in this many is timed; a prime, so that no rhythm of a stream hides from it.
constexpr std::size_t sample_every = 61;
// An operation this slow is worth looking at the clock and the stop sign after each.
constexpr std::uint64_t slow_ns = 50'000;
constexpr std::uint64_t wake_early_ns = 70'000;
constexpr std::uint64_t longest_sleep_ns = 5'000'000;

void sleep_ns(std::uint64_t ns) {
  const timespec span{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  ::nanosleep(&span, nullptr);
}

// What the threads of one run share. Orders are sequentially consistent throughout: none is on a measured path but
// the load of `stop`, which is a plain load on the machines at hand.
struct signals {
  std::atomic<unsigned> ready{0};
  std::atomic<std::uint64_t> begin_ns{0};
  std::atomic<bool> stop{false};
  std::atomic<unsigned> done{0};
};

// One thread's part of a run.
class worker {
 public:
  worker(subject& map, const workload& work, unsigned number, const run_settings& how, signals& signs)
      : map_(map), work_(work), stream_(work.streams[number]), number_(number), how_(how), signs_(signs) {}

  void run() noexcept {
    try {
      map_.enter_thread();
      ++signs_.ready;
      std::uint64_t begin = 0;
      while ((begin = signs_.begin_ns.load()) == 0) std::this_thread::yield();
      if (!stream_.empty()) {
        work_.pace == pace::closed ? run_closed() : run_open(begin);
      }
      end_ns = platform::now_ns();
      map_.leave_thread();
    } catch (const std::exception& error) {
      failure = error.what();
    } catch (...) {
      failure = "something that is no std::exception";
    }
    ++signs_.done;
  }

  histogram find_ns;
  histogram write_ns;
  outcome seen;
  std::uint64_t executed = 0;
  std::uint64_t end_ns = 0;
  std::string failure;

 private:
  [[nodiscard]] bool over() const { return signs_.stop.load() || (work_.once && at_ == stream_.size()); }

  void execute(std::size_t count) {
    map_.execute(batch{stream_.data() + at_, count, executed + 1}, seen);
    executed += count;
    at_ += count;
    if (at_ == stream_.size() && !work_.once) at_ = 0;
  }

  histogram& kind_of_next() { return stream_[at_].writes() ? write_ns : find_ns; }

  void run_closed() {
    std::size_t untimed = sample_every - 1;
    while (!over()) {
      if (const std::size_t count = std::min(untimed, stream_.size() - at_); count != 0) execute(count);
      if (over()) break;
      histogram& kind = kind_of_next();
      const std::uint64_t from = platform::now_ns();
      execute(1);
      const std::uint64_t took = platform::now_ns() - from;
      kind.record(took);
      untimed = took > slow_ns ? 0 : sample_every - 1;
    }
  }

  void wait_until(std::uint64_t due) const {
    for (std::uint64_t now = platform::now_ns(); now < due && !signs_.stop.load(); now = platform::now_ns()) {
      const std::uint64_t left = due - now;
      if (left > wake_early_ns) {
        sleep_ns(std::min(left - wake_early_ns, longest_sleep_ns));
      } else {
        platform::pause();
      }
    }
  }

  // The due time of the next operation: drawn (exponential gaps: arrivals that know nothing of each other) or recorded.
  [[nodiscard]] std::uint64_t next_due(std::uint64_t begin, double& drawn_ns, chance& source) {
    if (work_.pace == pace::recorded) {
      const auto& due = work_.due_ns[number_];
      const std::uint64_t passes = executed / stream_.size();
      return begin + passes * (due.back() + 1) + due[at_];
    }
    const double mean_ns = 1e9 * static_cast<double>(work_.threads()) / work_.rate_per_s;
    drawn_ns -= std::log(1.0 - source.unit()) * mean_ns;
    return begin + static_cast<std::uint64_t>(drawn_ns);
  }

  void run_open(std::uint64_t begin) {
    chance source(how_.seed * 1000003 + number_);
    double drawn_ns = 0;
    const std::uint64_t last = begin + how_.duration_ns;
    std::uint64_t due = next_due(begin, drawn_ns, source);
    while (!over()) {
      wait_until(due);
      if (signs_.stop.load()) break;
      histogram& kind = kind_of_next();
      execute(1);
      const std::uint64_t now = platform::now_ns();
      kind.record(now > due ? now - due : 0);
      if (work_.once && at_ == stream_.size()) return;
      due = next_due(begin, drawn_ns, source);
    }
    if (work_.pace == pace::recorded) return;
    for (; due < last; due = next_due(begin, drawn_ns, source)) write_ns.record(last - due);
  }

  subject& map_;
  const workload& work_;
  const std::vector<operation>& stream_;
  const unsigned number_;
  const run_settings& how_;
  signals& signs_;
  std::size_t at_ = 0;
};

// What is held now, beyond what was held when the run began.
class held_since {
 public:
  held_since() : mapped_(platform::mapped_bytes()), before_(allocations_of_all_threads()) {}
  [[nodiscard]] allocation_tally allocated() const { return allocations_of_all_threads() - before_; }
  [[nodiscard]] std::int64_t mapped_bytes() const {
    return static_cast<std::int64_t>(platform::mapped_bytes()) - static_cast<std::int64_t>(mapped_);
  }

 private:
  std::size_t mapped_;
  allocation_tally before_;
};

// Looks at the memory of a map while threads work on it.
class memory_watch {
 public:
  memory_watch(subject& map, const held_since& held, bool wants_peak, run_result& result)
      : map_(map), held_(held), wants_peak_(wants_peak), result_(result) {}

  void look() {
    if (wants_peak_) {
      const auto bytes = static_cast<double>(held_.allocated().held_bytes() + held_.mapped_bytes());
      result_.held_peak_bytes = std::max(result_.held_peak_bytes, bytes);
    }
    const auto kept = map_.kept_back_bytes();
    if (!kept) return;
    result_.kept_back_peak_bytes = std::max(result_.kept_back_peak_bytes.value_or(0), *kept);
    result_.kept_back_drops += *kept < last_;
    last_ = *kept;
  }

 private:
  subject& map_;
  const held_since& held_;
  const bool wants_peak_;
  run_result& result_;
  std::size_t last_ = 0;
};

// Lets the threads work until the time is over or they are all done; meanwhile looks at the memory.
void oversee(memory_watch watch, const run_settings& how, unsigned threads, signals& signs, run_result& result) {
  while (signs.ready.load() + signs.done.load() < threads) std::this_thread::yield();
  const std::uint64_t begin = platform::now_ns();
  signs.begin_ns.store(begin);
  const std::uint64_t step = how.look_every_ns != 0
                                 ? how.look_every_ns
                                 : std::clamp<std::uint64_t>(how.duration_ns / 20, 1'000'000, 20'000'000);
  while (signs.done.load() < threads) {
    const std::uint64_t now = platform::now_ns();
    if (how.interrupted != nullptr && how.interrupted->load()) {
      result.interrupted = true;
      break;
    }
    if (now - begin >= how.duration_ns) break;
    watch.look();
    sleep_ns(std::min(step, how.duration_ns - (now - begin)));
  }
  signs.stop.store(true);
}

void sum_up(const std::vector<worker>& workers, const workload& work, std::uint64_t begin_ns, run_result& result) {
  std::uint64_t end_ns = begin_ns;
  std::uint64_t planned = 0;
  for (unsigned t = 0; t < workers.size(); ++t) {
    const worker& one = workers[t];
    end_ns = std::max(end_ns, one.end_ns);
    result.operations += one.executed;
    result.finds += one.seen.finds;
    result.hits += one.seen.hits;
    result.find_ns.add(one.find_ns);
    result.write_ns.add(one.write_ns);
    planned += work.streams[t].size();
    if (!one.failure.empty() && result.refused.empty()) result.refused = "threw: " + one.failure;
  }
  result.seconds = 1e-9 * static_cast<double>(end_ns - begin_ns);
  if (work.once && planned != 0) {
    result.share_done = static_cast<double>(result.operations) / static_cast<double>(planned);
  }
}

std::string verify(subject& map, const workload& work, const std::vector<worker>& workers) {
  std::vector<std::uint64_t> executed;
  outcome seen;
  for (const worker& one : workers) {
    executed.push_back(one.executed);
    seen += one.seen;
  }
  return reference(work, executed).difference(map, seen);
}

}  // namespace

double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

run_result run_once(const candidate& which, const workload& work, const run_settings& how) {
  run_result result;
  signals signs;
  const unsigned threads = work.threads();
  const held_since held;
  std::unique_ptr<subject> map = which.make(setup{work, how.reserve, how.shards});
  map->enter_thread();
  map->fill(work.start);
  const allocation_tally filled = held.allocated();
  // From here to the end of the run this thread allocates for the harness only.
  const allocation_tally harness_before = allocations_of_this_thread();

  std::vector<worker> workers;
  workers.reserve(threads);
  for (unsigned t = 0; t < threads; ++t) workers.emplace_back(*map, work, t, how, signs);
  {
    std::vector<std::jthread> running;
    for (worker& one : workers) running.emplace_back([&one] { one.run(); });
    const double used_before = processor_seconds();
    const std::uint64_t oversee_begin = platform::now_ns();
    oversee(memory_watch(*map, held, how.look_every_ns != 0, result), how, threads, signs, result);
    running.clear();
    const double elapsed = 1e-9 * static_cast<double>(platform::now_ns() - oversee_begin);
    result.processors_used = (processor_seconds() - used_before) / elapsed;
  }
  sum_up(workers, work, signs.begin_ns.load(), result);
  const allocation_tally allocated = held.allocated() - (allocations_of_this_thread() - harness_before);
  const std::int64_t mapped = held.mapped_bytes();
  if (result.refused.empty()) result.refused = verify(*map, work, workers);
  result.entries = map->size();
  result.bytes_held = static_cast<double>(allocated.held_bytes() + mapped);
  if (result.entries != 0) result.bytes_per_entry = result.bytes_held / static_cast<double>(result.entries);
  if (result.operations != 0) {
    result.allocations_per_operation =
        static_cast<double>(allocated.blocks - filled.blocks) / static_cast<double>(result.operations);
  }
  map->leave_thread();
  return result;
}

histogram clock_floor_ns() {
  histogram floor;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t from = platform::now_ns();
    floor.record(platform::now_ns() - from);
  }
  return floor;
}

}  // namespace portolan::workload
