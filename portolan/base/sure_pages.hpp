// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A page for what has no way to fail: the list of a retired object, the stripes of a counter. Asked for when the program's
// own memory is at its end.
//
//   the kernel's pages ── refused ──► the reserve, 256 pages of the program itself ── all taken ──► terminate
//
// 1. A page of the reserve belongs to who took it until he gives it back; then it is anybody's again.
// 2. The reserve costs address space alone until it is used: its pages are never touched before.
#pragma once

namespace portolan {

/// A page of platform::page_bytes, its content unknown.
[[nodiscard]] void* take_sure_page() noexcept;
void give_sure_page_back(void* page) noexcept;

}  // namespace portolan
