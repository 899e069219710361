"""Only base/platform.hpp and the sources beside it name the machine: the proof runs the cores on another one."""

import re

from tree import Finding, line_of

CORES = ("portolan/base/", "portolan/reclaim/", "portolan/map/")
WORDS = [
    (r"\bstd::atomic(?:_\w+)?\b|\batomic_(?:thread|signal)_fence\b|\b__(?:atomic|sync)_\w+",
     "platform::atomic<T>, platform::fence"),
    (r"\bmemory_order(?:_\w+|::\w+)?\b", "platform::relaxed, acquire, release, acq_rel or seq_cst"),
    (r"\bstd::(?:\w*mutex|lock_guard|unique_lock|shared_lock|scoped_lock|condition_variable\w*|call_once|once_flag)\b",
     "the locks of base/wait.hpp"),
    (r"\bstd::(?:j?thread|this_thread|async|barrier|latch|counting_semaphore)\b",
     "platform::yield, base/wait.hpp, or a thread started through base/"),
    (r"\bstd::chrono\b", "platform::now_ns()"),
    (r"(?<!operator )\bnew\b(?!\s*=)", "std::construct_at on memory of the table's allocator or platform::allocate"),
    (r"(?<!= )(?<!operator )\bdelete\b", "std::destroy_at and platform::deallocate, or retire it"),
    (r"(?<![\w.>:])(?<!void )(?:std::|::)?(?:malloc|calloc|realloc|free|mmap|munmap|madvise)\s*\(", "platform::allocate or platform::map_pages"),
    (r"\b(?:syscall|pthread_\w+)\s*\(|\basm\b", "a function of base/platform.hpp"),
]


def check(tree):
    for path in tree.cpp(*CORES):
        if path.startswith("portolan/base/platform"):
            continue
        code = re.sub(r"^\s*#\s*include[^\n]*", lambda m: " " * len(m.group()), tree.code(path), flags=re.M)
        for pattern, remedy in WORDS:
            for match in re.finditer(pattern, code):
                word = " ".join(match.group().split())
                yield Finding(path, line_of(code, match.start()),
                              f"`{word.rstrip('( ')}` belongs into base/platform.hpp; here write {remedy}")
