// How much work a test does: the whole of it, or a tenth where a sanitizer makes each access dear.
//
//   for (int i = 0; i < support::scaled(100'000); ++i) ...
//
// PORTOLAN_SCALE in the environment multiplies on top of that: `PORTOLAN_SCALE=20 ctest ...` is a soak.
//
//   for (int i = 0; i < support::by_night(10'000, support::scaled(300)); ++i) ...
//
// PORTOLAN_NIGHTLY=1, which `./test --nightly` sets, chooses the first of the two numbers, in every build. With
// PORTOLAN_SCALE=0.01 besides, it is a hundredth of a night: whether all of it starts and ends.
#pragma once

#include <algorithm>
#include <cstdlib>

namespace support {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

// A forked child of a threaded program may allocate only if the allocator takes its locks around fork. The C library's
// does; those of clang 14's sanitizers do not, and hang the child now and then. Tests that fork under threads that
// allocate run in the other builds.
inline constexpr bool fork_under_threads_works = !sanitized;

// The factor asked for in the environment; 1 when nothing was, or nothing sensible.
inline double scale_factor() {
  static const double factor = [] {
    const char* text = std::getenv("PORTOLAN_SCALE");
    const double asked = text == nullptr ? 1.0 : std::atof(text);
    return asked > 0.0 ? asked : 1.0;
  }();
  return factor;
}

// `count` as this build should run it; never less than one.
template <class Count>
Count scaled(Count count) {
  const double wanted = static_cast<double>(count) * scale_factor() / (sanitized ? 10.0 : 1.0);
  return wanted < 1.0 ? Count{1} : static_cast<Count>(wanted);
}

// Whether this is the run of a night.
inline bool nightly() {
  static const bool asked = [] {
    const char* text = std::getenv("PORTOLAN_NIGHTLY");
    return text != nullptr && *text == '1';
  }();
  return asked;
}

template <class Count>
Count by_night(Count many, Count plain) {
  if (!nightly()) return plain;
  const double wanted = static_cast<double>(many) * std::min(1.0, scale_factor());
  return wanted < 1.0 ? Count{1} : static_cast<Count>(wanted);
}

}  // namespace support
