// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A violation as a picture: one HTML file that needs nothing else.
//
//    lane 0   ├─ assign 6 → replaced ─┤
//    lane 1                             ├── find → 5 ──┤     red: no order explains it
//             ──────────────────────────────────────────► time
//
// Pale calls are what led there; the width of a call says which others it overlaps, not how long it took: the axis does.
// Light or dark as the reader's screen is.
#pragma once

#include <string>

#include <portolan/prove/linearize.hpp>

namespace portolan::prove {

/// Draws every violation of a verdict, one picture below the other.
///
/// @returns   the text of an HTML file
/// @sees      nothing another thread changes
/// @progress  never waits
/// @cost      O(calls drawn)
/// @throws    std::bad_alloc
/// @calls     no user code
[[nodiscard]] std::string drawn(const verdict& seen, const history& of);

/// Draws one violation by itself.
///
/// @returns   the text of an SVG file; empty for a violation without calls (a size, an entry listed twice)
/// @sees      nothing another thread changes
/// @progress  never waits
/// @cost      O(calls drawn)
/// @throws    std::bad_alloc
/// @calls     no user code
[[nodiscard]] std::string drawn_alone(const violation& bad, const history& of);

}  // namespace portolan::prove
