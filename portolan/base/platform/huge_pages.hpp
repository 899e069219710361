// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A hint to the kernel: a large table is read at random places, and each of its small pages would be looked up anew.
#pragma once

#include <cstddef>

namespace portolan::platform {

/// The kernel may put huge pages behind a block that nobody has touched yet. Nothing happens to a block that is too small
/// to hold one for certain, or where the kernel does not offer them.
void prefer_huge_pages(void* block, std::size_t size_bytes) noexcept;

}  // namespace portolan::platform
