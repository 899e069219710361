// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/matrix/in_child.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <fstream>

#include "portolan/base/platform.hpp"

namespace portolan::matrix {
namespace {

bool write_all(int to, const void* from, std::size_t bytes) {
  const char* at = static_cast<const char*>(from);
  while (bytes != 0) {
    const ssize_t count = ::write(to, at, bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    at += count;
    bytes -= static_cast<std::size_t>(count);
  }
  return true;
}

std::string read_to_the_end(int from) {
  std::string all;
  char piece[65536];
  for (;;) {
    const ssize_t count = ::read(from, piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return all;
    all.append(piece, static_cast<std::size_t>(count));
  }
}

int wait_for(pid_t child) {
  int state = 0;
  while (::waitpid(child, &state, 0) < 0 && errno == EINTR) {}
  return state;
}

double status_bytes(const char* field) {
  std::ifstream status("/proc/self/status");
  const std::string wanted(field);
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(wanted)) return 1024 * std::stod(line.substr(wanted.size()));
  }
  return 0;
}

}  // namespace

std::optional<std::vector<double>> in_child(const std::function<std::vector<double>()>& measure) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    int status = 1;
    try {
      (void)::malloc_trim(0);
      const std::vector<double> found = measure();
      if (write_all(ends[1], found.data(), found.size() * sizeof(double))) status = 0;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "portolan: %s\n", error.what());
    }
    ::_exit(status);
  }
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    return std::nullopt;
  }
  const std::string bytes = read_to_the_end(ends[0]);
  ::close(ends[0]);
  const int state = wait_for(child);
  if (!WIFEXITED(state) || WEXITSTATUS(state) != 0) return std::nullopt;
  std::vector<double> found(bytes.size() / sizeof(double));
  bytes.copy(reinterpret_cast<char*>(found.data()), found.size() * sizeof(double));
  return found;
}

ended run_program(const std::vector<std::string>& command) {
  ended made;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return made;
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const std::uint64_t from = platform::now_ns();
  const int problem = ::posix_spawnp(&child, words[0], &actions, nullptr, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (problem == 0) {
    made.said = read_to_the_end(ends[0]);
    const int state = wait_for(child);
    made.status = WIFEXITED(state) ? WEXITSTATUS(state) : 128;
  }
  ::close(ends[0]);
  made.seconds = 1e-9 * static_cast<double>(platform::now_ns() - from);
  return made;
}

double resident_bytes() {
  std::ifstream figures("/proc/self/statm");
  double all_pages = 0;
  double resident_pages = 0;
  figures >> all_pages >> resident_pages;
  return resident_pages * static_cast<double>(platform::page_bytes);
}

double peak_bytes() { return status_bytes("VmHWM:"); }

void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace portolan::matrix
