// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Cycles that end, or ruin, a process: each in a child of its own, a few at a time.
//
//   EXPECT_EQ(hostile::in_children(300, [&](int i) { …; std::exit(0); }), hostile::all_well);
//
// 1. A child is well if it ends by exit status 0: by itself, or because `body` returned true.
// 2. A child that has not ended after `patience` looks, a millisecond apart, is a hang: it is killed and counted as
//    such. Looks are counted, not time: a machine that stands still makes nobody late.
// 3. The caller has no other thread, so that a child may do whatever a process may (also under sanitizers).
// 4. What a child says goes to this test's standard error.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "../support/scale.hpp"

namespace hostile {

/// Of the children that were not well, how many ended badly and how many did not end; and how the first bad one ended.
struct outcome {
  int bad = 0;
  int hung = 0;
  int first_bad = 0;
  int first_status = 0;

  friend bool operator==(const outcome& a, const outcome& b) { return a.bad == b.bad && a.hung == b.hung; }
};
inline constexpr outcome all_well{};
inline void PrintTo(const outcome& ends, std::ostream* out) {
  *out << ends.bad << " bad, " << ends.hung << " hung";
  if (ends.bad == 0) return;
  *out << "; the first bad one is number " << ends.first_bad;
  if (WIFEXITED(ends.first_status)) *out << ", exit status " << WEXITSTATUS(ends.first_status);
  if (WIFSIGNALED(ends.first_status)) *out << ", signal " << WTERMSIG(ends.first_status);
}

/// 300 in the plain run, a tenth under a sanitizer, 10,000 by night.
inline int cycles() { return support::by_night(10'000, support::scaled(300)); }

class children {
 public:
  explicit children(int patience) : patience_(patience) {}

  void start(const std::function<bool()>& body) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      bool well = false;
      try {
        well = body();
      } catch (const std::exception& thrown) {
        std::fprintf(stderr, "in the child: %s\n", thrown.what());
      } catch (...) {}
      ::_exit(well && !testing::Test::HasFailure() ? 0 : 1);
    }
    running_.emplace(child, running{started_++, looks_ + patience_});
  }

  /// Waits until at most `most` of them run.
  void wait_until_at_most(std::size_t most) {
    while (running_.size() > most) {
      int status = 0;
      const pid_t ended = ::waitpid(-1, &status, WNOHANG);
      if (ended > 0) {
        note(ended, status);
      } else {
        kill_late_ones();
        ++looks_;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
  }
  [[nodiscard]] const outcome& ends() const { return ends_; }

 private:
  void note(pid_t child, int status) {
    const auto at = running_.find(child);
    if (at == running_.end()) return;
    const int number = at->second.number;
    running_.erase(at);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    if (ends_.bad++ == 0) {
      ends_.first_bad = number;
      ends_.first_status = status;
    }
  }
  void kill_late_ones() {
    for (auto at = running_.begin(); at != running_.end();) {
      if (at->second.until_look > looks_) {
        ++at;
        continue;
      }
      ::kill(at->first, SIGKILL);
      ::waitpid(at->first, nullptr, 0);
      ++ends_.hung;
      at = running_.erase(at);
    }
  }

  int patience_;
  int looks_ = 0;
  int started_ = 0;
  struct running {
    int number;
    int until_look;
  };
  std::map<pid_t, running> running_;
  outcome ends_;
};

/// Runs body(0) … body(count - 1), each in a child.
inline outcome in_children(int count, const std::function<bool(int)>& body, int patience = 100'000) {
  constexpr std::size_t at_a_time = 4;
  children all(patience);
  for (int i = 0; i < count && all.ends().hung == 0; ++i) {
    all.wait_until_at_most(at_a_time - 1);
    all.start([&] { return body(i); });
  }
  all.wait_until_at_most(0);
  return all.ends();
}
inline outcome in_child(const std::function<bool()>& body) {
  return in_children(1, [&](int) { return body(); });
}

/// In a child: becomes this very program anew, whose own main is given `words`. For what has to be so before main.
[[nodiscard]] inline bool become(const std::vector<std::string>& words) {
  std::string self = "/proc/self/exe";
  std::vector<char*> arguments{self.data()};
  std::vector<std::string> kept = words;
  for (std::string& word : kept) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(self.c_str(), arguments.data());
  return false;
}

}  // namespace hostile
