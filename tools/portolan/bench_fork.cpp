// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// fork under writers: the child has one thread, and whatever lock another thread held at that moment stays locked.
//
//    parent   writer writer writer   fork ----------------> waits, at most 2 s, then kills
//    child                             `- size, find, insert, erase every key, destroy; ends by itself or hangs
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "portolan/base/platform.hpp"
#include "tools/portolan/bench.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {
namespace {

constexpr std::uint64_t keys = 2000;
constexpr std::uint64_t patience_ns = 2'000'000'000;

enum class ending : std::uint8_t { well, hung, wrong };

// What the child does with the map it inherited.
int use_and_destroy(std::unique_ptr<number_map>& map) {
  for (std::uint64_t key = 0; key < keys; ++key) {
    (void)map->contains(key);
    (void)map->insert(key, key);
    if (!map->contains(key)) return 1;
    (void)map->erase(key);
    if (map->contains(key)) return 1;
  }
  map.reset();
  return 0;
}

ending wait_for(pid_t child) {
  const std::uint64_t begin = platform::now_ns();
  for (;;) {
    int state = 0;
    if (::waitpid(child, &state, WNOHANG) == child) {
      return WIFEXITED(state) && WEXITSTATUS(state) == 0 ? ending::well : ending::wrong;
    }
    if (platform::now_ns() - begin > patience_ns) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &state, 0);
      return ending::hung;
    }
    ::usleep(500);
  }
}

struct counted {
  unsigned forks = 0;
  unsigned hung = 0;
  unsigned wrong = 0;
};

counted fork_under_writers(const number_map_kind& kind, unsigned forks) {
  counted result;
  auto map = kind.make();
  for (std::uint64_t key = 0; key < keys; ++key) (void)map->insert(key, key);
  std::atomic<bool> stop{false};
  std::vector<std::jthread> writers;
  for (std::uint64_t t = 0; t < 3; ++t) {
    writers.emplace_back([&, t] {
      for (std::uint64_t i = t; !stop.load(); i += 3) {
        (void)map->erase(i % keys);
        (void)map->insert(i % keys, i);
      }
    });
  }
  while (result.forks < forks && !interrupted().load()) {
    ::usleep(300);
    ++result.forks;
    const pid_t child = ::fork();
    if (child == 0) ::_exit(use_and_destroy(map));
    if (child < 0) break;
    switch (wait_for(child)) {
      case ending::well: break;
      case ending::hung: ++result.hung; break;
      case ending::wrong: ++result.wrong; break;
    }
    // A map that hangs nearly always need not be shown more often.
    if (result.hung >= 10 && result.hung * 2 > result.forks) break;
  }
  stop.store(true);
  return result;
}

}  // namespace

status bench_fork(const bench_options& how, const terminal& to) {
  const unsigned forks = how.quick ? std::min(how.forks, 20u) : how.forks;
  table figures({{"", "", 26}, {"forks", "", 10}, {"hung", "children", 12}, {"wrong", "children", 12}});
  unsigned ours = 0;
  {
    progress_bar bar(to);
    const auto kinds = number_maps();
    bar.expect(static_cast<double>(kinds.size()));
    double done = 0;
    for (const number_map_kind& kind : kinds) {
      bar.show(done++, kind.name);
      const counted c = fork_under_writers(kind, forks);
      figures.row({"  " + kind.name, std::to_string(c.forks), std::to_string(c.hung), std::to_string(c.wrong)});
      if (kind.name.find("_map") != std::string::npos && kind.name.find("::") == std::string::npos)
        ours += c.hung + c.wrong;
    }
  }
  std::string out =
      labelled("bench", "fork: the child of a process with three writers uses and destroys the map it inherited") +
      "\n";
  out += figures.text() + "\n";
  out += labelled("reading",
                  "hung: not done after 2 s, then killed; a map that hangs in most forks is not forked to the end.");
  if (!print(to, out)) return status::failed;
  return ours == 0 ? status::clean : status::found;
}

}  // namespace portolan::tool
