// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// From a key's bad history to the part that a person can follow.
//
//    …───●──────●──────[ last moment with one possible entry ]──┤ core ├── culprit cannot be taken
//                                                              quiet calls left out, results forgotten
//
// 1. The part begins where all orders of what came before leave the same entry, and ends with the first call that no order
//    allows: it is bad exactly if the whole is.
// 2. It is made smaller only by what never makes a good history bad: leaving out a quiet call, or forgetting that a call
//    returned and what it told.
// 3. Nothing of `core` can be left out or forgotten so that it is still bad.
#pragma once

#include <span>

#include <portolan/prove/linearize.hpp>
#include <portolan/prove/linearize/one_key.hpp>

namespace portolan::prove::linearize {

[[nodiscard]] violation shrunk(const history& of, std::span<const item> items, const entry& first,
                               const check_limits& limits);

}  // namespace portolan::prove::linearize
