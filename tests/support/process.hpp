// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Other programs, started and watched by a test: their exit status and all that they said.
//
//   const auto done = support::run({tool, "advise", "--help"});
//   support::process server({"redis-server", "--port", "0"});   // killed at the end of its scope
//
// Output goes to files, so that a program that says much never waits for us. Every wait has an end.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace support {

struct started_with {
  std::string input;                     // what the program reads; empty: nothing
  std::vector<std::string> environment;  // NAME=value, instead of or besides ours
  std::string output;                    // a file for its output instead of `out`
};

class process {
 public:
  explicit process(const std::vector<std::string>& command, const started_with& how = {}) {
    out_file_ = how.output.empty() ? fresh_file() : how.output;
    keep_out_ = !how.output.empty();
    err_file_ = fresh_file();
    in_file_ = fresh_file();
    std::ofstream(in_file_, std::ios::binary) << how.input;
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 0, in_file_.c_str(), O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, 1, out_file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_addopen(&files, 2, err_file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const std::vector<std::string> merged = merged_environment(how.environment);
    std::vector<char*> environment;
    for (const std::string& entry : merged) environment.push_back(const_cast<char*>(entry.c_str()));
    environment.push_back(nullptr);
    const int problem = ::posix_spawnp(&child_, arguments[0], &files, nullptr, arguments.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&files);
    if (problem != 0) throw std::runtime_error("cannot start " + command[0]);
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process() {
    if (running_) {
      ::kill(child_, SIGKILL);
      int state = 0;
      ::waitpid(child_, &state, 0);
    }
    std::remove(err_file_.c_str());
    std::remove(in_file_.c_str());
    if (!keep_out_) std::remove(out_file_.c_str());
  }

  void signal(int number) const { ::kill(child_, number); }

  // The exit status; 128 + the signal that ended it; -1 if it still ran after `limit` and was killed.
  int wait(std::chrono::milliseconds limit) {
    const auto last = std::chrono::steady_clock::now() + limit;
    int state = 0;
    while (running_) {
      if (::waitpid(child_, &state, WNOHANG) == child_) {
        running_ = false;
        status_ = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
      } else if (std::chrono::steady_clock::now() > last) {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, &state, 0);
        running_ = false;
        status_ = -1;
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    }
    return status_;
  }

  // Empty where the output went to a file of the caller's: a device may have no end.
  [[nodiscard]] std::string out() const { return keep_out_ ? std::string() : content_of(out_file_); }
  [[nodiscard]] std::string err() const { return content_of(err_file_); }

  [[nodiscard]] static std::string content_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // The name of a new, empty file.
  [[nodiscard]] static std::string fresh_file() {
    char name[] = "/tmp/portolan-test-XXXXXX";
    ::close(::mkstemp(name));
    return name;
  }

 private:
  static std::vector<std::string> merged_environment(const std::vector<std::string>& changed) {
    std::vector<std::string> all = changed;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string text = *entry;
      const std::string name = text.substr(0, text.find('=') + 1);
      bool replaced = false;
      for (const std::string& other : changed) replaced |= other.rfind(name, 0) == 0;
      if (!replaced) all.push_back(text);
    }
    return all;
  }

  pid_t child_ = 0;
  bool running_ = true;
  int status_ = -1;
  bool keep_out_ = false;
  std::string out_file_;
  std::string err_file_;
  std::string in_file_;
};

struct finished {
  int status;
  std::string out;
  std::string err;
};

// Runs a program to its end, at most a minute.
inline finished run(const std::vector<std::string>& command, const started_with& how = {}) {
  process child(command, how);
  const int status = child.wait(std::chrono::seconds(60));
  return {status, child.out(), child.err()};
}

// The `portolan` command of this build; ctest says where it is.
inline std::string portolan_tool() {
  const char* path = std::getenv("PORTOLAN_TOOL");
  if (path == nullptr)
    throw std::runtime_error("PORTOLAN_TOOL does not name the portolan command; start this test by ctest");
  return path;
}

}  // namespace support
