// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The sentences of errors that say two places. Written by hand, without the heap: they may have to be said anywhere.
#include <portolan/base/error.hpp>

#include <cstdint>

namespace portolan {

namespace {

char* append(char* end, const char* words) noexcept {
  while (*words != '\0') *end++ = *words++;
  *end = '\0';
  return end;
}

char* append_address(char* end, platform::code_address address) noexcept {
  const auto bits = reinterpret_cast<std::uintptr_t>(address);
  end = append(end, "0x");
  bool leading = true;
  for (int shift = 60; shift >= 0; shift -= 4) {
    const auto digit = static_cast<unsigned>((bits >> shift) & 0xF);
    if (digit != 0 || shift == 0) leading = false;
    if (!leading) *end++ = "0123456789abcdef"[digit];
  }
  *end = '\0';
  return end;
}

}  // namespace

reentrant_call::reentrant_call(errc code, platform::code_address outer, platform::code_address inner) noexcept
    : error(code, ""), outer_(outer), inner_(inner) {
  char* end = append(text_, code == errc::waits_for_itself
                                ? "portolan: load_or_compute would wait for itself for ever; first call at "
                                : "portolan: user code inside a map's critical section called the same map; "
                                  "outer call at ");
  end = append_address(end, outer);
  end = append(end, ", inner call at ");
  end = append_address(end, inner);
  append(end, "; call the map after the callable has returned");
}

}  // namespace portolan
