// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "child.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace portolan::mutations {

namespace {

struct child {
  std::size_t number = 0;
  pid_t process = 0;
  int from = -1;
  std::string said;
};

child begin(std::size_t number, const std::function<void(std::size_t, std::FILE*)>& work) {
  int ends[2] = {};
  if (pipe(ends) != 0) std::abort();
  std::fflush(nullptr);
  const pid_t process = fork();
  if (process < 0) std::abort();
  if (process == 0) {
    close(ends[0]);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    std::FILE* const out = fdopen(ends[1], "w");
    work(number, out);
    std::fclose(out);
    _exit(0);
  }
  close(ends[1]);
  return {number, process, ends[0], {}};
}

ending end(const child& of) {
  int status = 0;
  waitpid(of.process, &status, 0);
  close(of.from);
  ending how{of.said, WIFSIGNALED(status), {}};
  if (how.died) {
    how.how = WTERMSIG(status) == SIGPROF ? "does not end" : std::string("dies: ") + strsignal(WTERMSIG(status));
  } else if (WEXITSTATUS(status) != 0) {
    how.died = true;
    how.how = "exits with " + std::to_string(WEXITSTATUS(status));
  }
  return how;
}

}  // namespace

void end_after(double seconds) {
  itimerval span{};
  span.it_value.tv_sec = static_cast<time_t>(seconds);
  span.it_value.tv_usec = static_cast<suseconds_t>((seconds - static_cast<double>(span.it_value.tv_sec)) * 1e6);
  setitimer(ITIMER_PROF, &span, nullptr);
}

void in_children(std::size_t numbers, unsigned count, const std::function<void(std::size_t, std::FILE*)>& work,
                 const std::function<void(std::size_t, const ending&)>& done) {
  std::vector<child> alive;
  for (std::size_t next = 0; next < numbers || !alive.empty();) {
    while (next < numbers && alive.size() < count) alive.push_back(begin(next++, work));
    std::vector<pollfd> wait;
    for (const child& each : alive) wait.push_back({each.from, POLLIN, 0});
    poll(wait.data(), wait.size(), -1);
    for (std::size_t at = alive.size(); at-- > 0;) {
      if (wait[at].revents == 0) continue;
      char some[4096];
      const ssize_t got = read(alive[at].from, some, sizeof some);
      if (got > 0) {
        alive[at].said.append(some, static_cast<std::size_t>(got));
        continue;
      }
      const child ended = alive[at];
      alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(at));
      done(ended.number, end(ended));
    }
  }
}

}  // namespace portolan::mutations
