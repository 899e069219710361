// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The ends of threads and the births of processes, as the C library tells of them.
#pragma once

namespace portolan::platform {

/// Has `heard(argument)` called when this thread ends, after all C++ thread_local destructors. What is asked
/// for during such a call is heard in the next round, of which the C library grants four. Not for the
/// main thread, which ends with the process. One listener a process: the `heard` of the first call counts.
void hear_of_thread_end(void (*heard)(void*), const void* argument) noexcept;

/// Has the three called around every fork, `before` and `in_parent` by the forking thread, `in_child` by
/// the only thread of the child. One set a process: only the first call counts.
void hear_of_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) noexcept;

}  // namespace portolan::platform
