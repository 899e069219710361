// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/child_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "portolan/base/platform.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
  std::vector<std::string> all = more;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string entry = *each;
    const std::string name = entry.substr(0, entry.find('=') + 1);
    bool replaced = false;
    for (const std::string& mine : more) replaced = replaced || mine.starts_with(name);
    if (!replaced) all.push_back(entry);
  }
  return all;
}

/// A process of its own group; returns errno.
int start(pid_t& child, const std::vector<std::string>& command, const std::vector<std::string>& more, int output) {
  std::vector<std::string> words = command;
  std::vector<std::string> settings = environment_with(more);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, 1);
  ::posix_spawn_file_actions_adddup2(&actions, output, 2);
  posix_spawnattr_t how;
  ::posix_spawnattr_init(&how);
  ::posix_spawnattr_setpgroup(&how, 0);
  ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP);
  const int problem = ::posix_spawnp(&child, words.front().c_str(), &actions, &how, pointers_to(words).data(),
                                     pointers_to(settings).data());
  ::posix_spawnattr_destroy(&how);
  ::posix_spawn_file_actions_destroy(&actions);
  return problem;
}

/// False: the time is over, or somebody wants no more.
bool read_until(int from, std::uint64_t deadline_ns, std::string& to) {
  std::array<char, 1 << 14> piece{};
  for (;;) {
    pollfd ready{from, POLLIN, 0};
    if (::poll(&ready, 1, 100) > 0) {
      const ssize_t count = ::read(from, piece.data(), piece.size());
      if (count == 0 || (count < 0 && errno != EINTR)) return true;
      if (count > 0) to.append(piece.data(), static_cast<std::size_t>(count));
    }
    if (interrupted() || platform::now_ns() >= deadline_ns) return false;
  }
}

}  // namespace

child_program run_child(const std::vector<std::string>& command, const std::vector<std::string>& more,
                        double at_most_seconds) {
  child_program made;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    made.status = errno;
    return made;
  }
  const std::uint64_t begin_ns = platform::now_ns();
  pid_t child = -1;
  made.status = start(child, command, more, ends[1]);
  ::close(ends[1]);
  if (made.status == 0) {
    const auto deadline_ns = begin_ns + static_cast<std::uint64_t>(1e9 * at_most_seconds);
    const bool ended = read_until(ends[0], deadline_ns, made.said);
    if (!ended) (void)::kill(-child, SIGKILL);
    int state = 0;
    while (::waitpid(child, &state, 0) < 0 && errno == EINTR) {}
    made.how = !ended             ? child_program::end::too_late
               : WIFEXITED(state) ? child_program::end::exited
                                  : child_program::end::signalled;
    made.status = WIFEXITED(state) ? WEXITSTATUS(state) : WTERMSIG(state);
  }
  ::close(ends[0]);
  made.seconds = 1e-9 * static_cast<double>(platform::now_ns() - begin_ns);
  return made;
}

}  // namespace portolan::tool
