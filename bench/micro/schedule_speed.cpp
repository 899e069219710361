// How many executions of a small program the schedule checker runs a second, on one core.
//
//   seqlock  two writers, two readers of three reads each: all executions (654,368), and at random
//   stack    Treiber's: two threads push and pop
//
// The best of three rounds is printed: interruptions only ever add.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include <portolan/base/platform.hpp>
#include <portolan/prove/schedule.hpp>

namespace {

using portolan::platform::acquire;
using portolan::platform::relaxed;
using portolan::platform::release;
using portolan::prove::schedule::explore;
using portolan::prove::schedule::limits;
using portolan::prove::schedule::program;
using portolan::prove::schedule::require;

class seqlock {
 public:
  void write(int value) {
    int version = version_.load(relaxed);
    while (version % 2 != 0 || !version_.compare_exchange_strong(version, version + 1, acquire, relaxed)) {
      portolan::platform::wait_for_change();
      version = version_.load(relaxed);
    }
    portolan::platform::fence(release);
    first_.store(value, relaxed);
    second_.store(value, relaxed);
    version_.store(version + 2, release);
  }
  void read() {
    const int version = version_.load(acquire);
    if (version % 2 != 0) return;
    const int first = first_.load(relaxed);
    const int second = second_.load(relaxed);
    portolan::platform::fence(acquire);
    if (version_.load(relaxed) == version) require(first == second, "half of a write was read");
  }

 private:
  portolan::platform::atomic<int> version_;
  portolan::platform::atomic<int> first_;
  portolan::platform::atomic<int> second_;
};

class stack {
 public:
  void push(unsigned which) {
    unsigned top = top_.load(relaxed);
    do nodes_[which].store(top, relaxed);
    while (!top_.compare_exchange_strong(top, which, release, relaxed));
  }
  void pop() {
    unsigned top = top_.load(acquire);
    while (top != 0 && !top_.compare_exchange_strong(top, nodes_[top].load(relaxed), acquire, acquire)) {}
  }

 private:
  portolan::platform::atomic<unsigned> top_;
  portolan::platform::atomic<unsigned> nodes_[4];
};

seqlock lock;
stack nodes;

program seqlock_program(int readers, int reads) {
  program made{.threads = {[] { lock.write(1); }, [] { lock.write(2); }}};
  for (int reader = 0; reader < readers; ++reader) {
    made.threads.emplace_back([=] {
      for (int at = 0; at < reads; ++at) lock.read();
    });
  }
  return made;
}

program stack_program() {
  program made;
  for (unsigned which = 1; which <= 2; ++which) {
    made.threads.emplace_back([=] {
      nodes.push(which);
      nodes.pop();
    });
  }
  return made;
}

void print(const char* name, const program& of, const limits& how) {
  double best = 0;
  unsigned long long executions = 0;
  for (int round = 0; round < 3; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const auto seen = explore(of, how);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    executions = how.random_runs != 0 ? how.random_runs : seen.complete;
    best = std::max(best, static_cast<double>(executions) / spent.count());
  }
  std::printf("%-44s%10llu executions %12.0f a second\n", name, executions, best);
}

}  // namespace

int main() {
  print("seqlock, 2 writers, 2 readers x 3, all", seqlock_program(2, 3), {});
  print("seqlock, 2 writers, 2 readers x 3, random", seqlock_program(2, 3), {.random_runs = 50'000});
  print("seqlock, 2 writers, 1 reader, random", seqlock_program(1, 1), {.random_runs = 50'000});
  print("stack, 2 x push and pop, random", stack_program(), {.random_runs = 50'000});
  return 0;
}
