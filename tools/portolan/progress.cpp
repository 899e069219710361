// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/progress.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "portolan/base/platform.hpp"

namespace portolan::tool {
namespace {

std::atomic<bool> asked_to_stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");

extern "C" void on_interrupt(int) { asked_to_stop.store(true); }

}  // namespace

const std::atomic<bool>& interrupted() noexcept { return asked_to_stop; }

void watch_for_interrupt() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

progress_bar::progress_bar(const terminal& to) : to_(to), begin_ns_(platform::now_ns()) {}

void progress_bar::show(double seconds_done, const std::string& what) {
  if (!to_.progress) return;
  const double share = expected_seconds_ > 0 ? std::clamp(seconds_done / expected_seconds_, 0.0, 1.0) : 0;
  const double elapsed = 1e-9 * static_cast<double>(platform::now_ns() - begin_ns_);
  // The pace so far tells what is left, once there is a pace.
  const double left = share > 0.05 ? elapsed * (1 - share) / share : expected_seconds_ - seconds_done;
  const auto seconds = static_cast<long>(std::ceil(std::max(left, 0.0)));
  constexpr int width = 24;
  const int full = static_cast<int>(share * width);
  std::string bar;
  for (int i = 0; i < width; ++i) bar += i < full ? "█" : "░";
  std::string line = fmt::format("{} {:3.0f} %  {}:{:02} left  {}", bar, 100 * share, seconds / 60, seconds % 60, what);
  std::fprintf(stderr, "\r\033[K%s", to_.shown(line).c_str());
  std::fflush(stderr);
  shown_ = true;
}

void progress_bar::clear() {
  if (!shown_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace portolan::tool
