// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <portolan/prove/schedule/world.hpp>

extern "C" char __data_start;
extern "C" char _end;

namespace portolan::prove::schedule {
namespace {

constexpr std::size_t arena_bytes = std::size_t{64} << 20;
constexpr std::size_t granule_bytes = 16;
constexpr unsigned char pattern = 0xDD;

/// The program's own thread locals: where they begin below the register, how many bytes, and what they are at first.
struct tls_image {
  std::size_t below_bytes = 0;
  std::size_t size_bytes = 0;
  const void* initial = nullptr;
  std::size_t initial_bytes = 0;
};

tls_image& own_image() {
  static tls_image found = [] {
    tls_image of;
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* out) {
          if (info->dlpi_name[0] != '\0') return 0;  // the program comes without a name
          for (int at = 0; at < info->dlpi_phnum; ++at) {
            const auto& segment = info->dlpi_phdr[at];
            if (segment.p_type != PT_TLS) continue;
            auto& to = *static_cast<tls_image*>(out);
            to.size_bytes = segment.p_memsz;
            to.initial = reinterpret_cast<const void*>(info->dlpi_addr + segment.p_vaddr);
            to.initial_bytes = segment.p_filesz;
            to.below_bytes = own_thread_locals() - reinterpret_cast<std::uintptr_t>(info->dlpi_tls_data);
          }
          return 1;
        },
        &of);
    return of;
  }();
  return found;
}

}  // namespace

#if defined(__x86_64__)
void use_thread_locals(std::uintptr_t of) noexcept { asm volatile("wrfsbase %0" : : "r"(of) : "memory"); }
std::uintptr_t own_thread_locals() noexcept {
  std::uintptr_t self;
  asm("movq %%fs:0, %0" : "=r"(self));
  return self;
}
#endif

/// Threads of the kernel that sleep: they lend their thread locals. Nothing of pthread's wakes or holds them, for its
/// locks are the checked program's (standard.cpp), and a sleep on one ends now and then for no reason.
struct world::idle_threads {
  struct lent {
    idle_threads* all;
    std::uintptr_t registers;
    pthread_t thread;
  };
  lent each[most_threads] = {};
  int begun[2] = {-1, -1};  // a byte for each that has begun
  int over[2] = {-1, -1};   // closed when all are to end

  static void* sleep(void* of) {
    auto& self = *static_cast<lent*>(of);
    self.registers = own_thread_locals();
    char byte = 0;
    while (write(self.all->begun[1], &byte, 1) < 0 && errno == EINTR) {}
    while (read(self.all->over[0], &byte, 1) < 0 && errno == EINTR) {}
    return nullptr;
  }
};

world::world() : idle_(new idle_threads) {
  void* pages = mmap(nullptr, arena_bytes * (most_threads + 1), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED || pipe2(idle_->begun, O_CLOEXEC) != 0 || pipe2(idle_->over, O_CLOEXEC) != 0)
    throw std::bad_alloc();
  memory_ = static_cast<std::byte*>(pages);
  for (unsigned at = 0; at <= most_threads; ++at) arenas_[at].begin = memory_ + at * arena_bytes;
  for (idle_threads::lent& each : idle_->each) {
    each.all = idle_;
    if (pthread_create(&each.thread, nullptr, idle_threads::sleep, &each) != 0) throw std::bad_alloc();
  }
  for (unsigned count = 0; count < most_threads;) {
    char byte;
    if (read(idle_->begun[0], &byte, 1) == 1) ++count;
  }
  for (unsigned at = 0; at < most_threads; ++at) registers_[at] = idle_->each[at].registers;
}

world::~world() {
  (void)close(idle_->over[1]);
  for (const idle_threads::lent& each : idle_->each) pthread_join(each.thread, nullptr);
  for (const int end : {idle_->begun[0], idle_->begun[1], idle_->over[0]}) (void)close(end);
  delete idle_;
  (void)munmap(memory_, arena_bytes * (most_threads + 1));
}

// ---- memory ----

bool world::owns(const void* address) const noexcept {
  const auto* at = static_cast<const std::byte*>(address);
  return at >= memory_ && at < memory_ + arena_bytes * (most_threads + 1);
}

world::range world::allocated() const noexcept { return {memory_, arena_bytes * (most_threads + 1)}; }

world::range world::globals() noexcept {
  const auto* const begin = reinterpret_cast<const std::byte*>(&__data_start);
  return {begin, static_cast<std::size_t>(reinterpret_cast<const std::byte*>(&_end) - begin)};
}

void* world::allocate(unsigned thread, std::size_t size_bytes, std::size_t alignment_bytes) {
  if (reuse_) {
    if (void* const again = allocate_again(thread, size_bytes, alignment_bytes)) return again;
  }
  arena& in = arenas_[thread];
  const std::size_t alignment = alignment_bytes < granule_bytes ? granule_bytes : alignment_bytes;
  const std::size_t begin = (in.filled_bytes + alignment - 1) / alignment * alignment;
  const std::size_t end = (begin + size_bytes + granule_bytes - 1) / granule_bytes * granule_bytes;
  if (end > arena_bytes) throw std::bad_alloc();
  in.filled_bytes = end;
  in.blocks.push_back({in.begin + begin, size_bytes, block_state::used, thread, 0});
  if (in.granules.size() < end / granule_bytes) in.granules.resize(2 * end / granule_bytes);
  const auto number = static_cast<std::uint32_t>(in.blocks.size());
  for (std::size_t at = begin / granule_bytes; at < end / granule_bytes; ++at) in.granules[at] = number;
  ++used_;
  return in.begin + begin;
}

world::block* world::block_of(const void* address) noexcept {
  if (!owns(address)) return nullptr;
  const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(address) - memory_);
  arena& in = arenas_[offset / arena_bytes];
  const std::size_t inside = offset % arena_bytes;
  if (inside >= in.filled_bytes) return nullptr;
  const std::uint32_t number = in.granules[inside / granule_bytes];
  return number == 0 || number > in.blocks.size() ? nullptr : &in.blocks[number - 1];
}

void* world::allocate_again(unsigned thread, std::size_t size_bytes, std::size_t alignment_bytes) noexcept {
  std::vector<std::byte*>& waiting = given_back_by_[thread];
  for (std::size_t at = waiting.size(); at-- > 0;) {
    block& old = *block_of(waiting[at]);
    if (old.size_bytes != size_bytes || reinterpret_cast<std::uintptr_t>(old.begin) % alignment_bytes != 0) continue;
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(at));
    old.state = block_state::used;
    ++old.generation;
    ++used_;
    return old.begin;
  }
  return nullptr;
}

void world::give_back(unsigned thread, block& which) {
  which.state = block_state::given_back;
  std::memset(which.begin, pattern, which.size_bytes);
  --used_;
  if (reuse_) given_back_by_[thread].push_back(which.begin);
}

// ---- back to the beginning ----

void world::remember(image& as) {
  as.ranges_.clear();
  as.save(reinterpret_cast<std::byte*>(&__data_start), reinterpret_cast<std::byte*>(&_end));
  const auto save_locals = [&](std::uintptr_t of) {
    auto* const locals = reinterpret_cast<std::byte*>(of - own_image().below_bytes);
    if (own_image().size_bytes != 0) as.save(locals, locals + own_image().size_bytes);
  };
  save_locals(own_thread_locals());
  for (const std::uintptr_t each : registers_) save_locals(each);
  for (std::size_t at = 0; at <= most_threads; ++at) {
    const arena& each = arenas_[at];
    if (each.filled_bytes != 0) as.save(each.begin, each.begin + each.filled_bytes);
    as.arenas_[at] = {each.filled_bytes, each.blocks};
  }
  for (std::size_t at = 0; at <= most_threads; ++at) as.given_back_by_[at] = given_back_by_[at];
  as.used_ = used_;
}

void world::put_back(const image& from) noexcept {
  for (const image::range& each : from.ranges_) std::memcpy(each.at, each.content.data(), each.content.size());
  for (std::size_t at = 0; at <= most_threads; ++at) {
    const image::arena_state& then = from.arenas_[at];
    arenas_[at].filled_bytes = then.filled_bytes;
    arenas_[at].blocks.assign(then.blocks.begin(), then.blocks.end());
    given_back_by_[at] = from.given_back_by_[at];
  }
  used_ = from.used_;
}

}  // namespace portolan::prove::schedule
