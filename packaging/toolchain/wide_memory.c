// memcpy, memmove and memchr for the release toolchain, on x86-64: musl's own start slowly on the short
// pieces that a log's lines are, and look at eight bytes at a time. These take sixteen, which every such
// processor can.
#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef __m128i_u Wide;
typedef uint64_t __attribute__((aligned(1), may_alias)) Eight;
typedef uint32_t __attribute__((aligned(1), may_alias)) Four;
typedef uint16_t __attribute__((aligned(1), may_alias)) Two;

// From here on the processor's own instruction is faster, where it has a fast one.
enum { kLong = 2048 };

// Copies from both ends towards the middle, where the pieces overlap. All is read before anything is written.
static inline void copy_ends(char* to, const char* from, size_t size, size_t piece_size) {
  if (piece_size == 8) {
    const uint64_t first = *(const Eight*)from;
    const uint64_t last = *(const Eight*)(from + size - 8);
    *(Eight*)to = first;
    *(Eight*)(to + size - 8) = last;
  } else if (piece_size == 4) {
    const uint32_t first = *(const Four*)from;
    const uint32_t last = *(const Four*)(from + size - 4);
    *(Four*)to = first;
    *(Four*)(to + size - 4) = last;
  } else {
    const uint16_t first = *(const Two*)from;
    const uint16_t last = *(const Two*)(from + size - 2);
    *(Two*)to = first;
    *(Two*)(to + size - 2) = last;
  }
}

struct Wide4 {
  __m128i part[4];
};

static inline struct Wide4 load4(const char* from) {
  const Wide* const parts = (const Wide*)from;
  return (struct Wide4){{parts[0], parts[1], parts[2], parts[3]}};
}

static inline void store4(char* to, struct Wide4 wide) {
  Wide* const parts = (Wide*)to;
  parts[0] = wide.part[0];
  parts[1] = wide.part[1];
  parts[2] = wide.part[2];
  parts[3] = wide.part[3];
}

void* memmove(void* destination, const void* source, size_t size) {
  char* to = destination;
  const char* from = source;
  if (size < 16) {
    if (size >= 8) {
      copy_ends(to, from, size, 8);
    } else if (size >= 4) {
      copy_ends(to, from, size, 4);
    } else if (size >= 2) {
      copy_ends(to, from, size, 2);
    } else if (size == 1) {
      *to = *from;
    }
    return destination;
  }
  if (size <= 32) {
    const __m128i first = *(const Wide*)from;
    const __m128i last = *(const Wide*)(from + size - 16);
    *(Wide*)to = first;
    *(Wide*)(to + size - 16) = last;
    return destination;
  }
  if (size <= 64) {
    const __m128i first[2] = {((const Wide*)from)[0], ((const Wide*)from)[1]};
    const __m128i last[2] = {((const Wide*)(from + size - 32))[0], ((const Wide*)(from + size - 32))[1]};
    ((Wide*)to)[0] = first[0];
    ((Wide*)to)[1] = first[1];
    ((Wide*)(to + size - 32))[0] = last[0];
    ((Wide*)(to + size - 32))[1] = last[1];
    return destination;
  }
  // What is written first may lie where the rest is still to be read, at the end towards which the copy goes.
  if ((uintptr_t)to - (uintptr_t)from >= size) {
    if (size >= kLong && (uintptr_t)from - (uintptr_t)to >= size) {
      __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
      return destination;
    }
    const struct Wide4 last = load4(from + size - 64);
    char* const last_to = to + size - 64;
    for (; to < last_to; to += 64, from += 64) store4(to, load4(from));
    store4(last_to, last);
  } else {
    const struct Wide4 first = load4(from);
    size_t left = size;
    for (; left > 64; left -= 64) store4(to + left - 64, load4(from + left - 64));
    store4(to, first);
  }
  return destination;
}

void* memcpy(void* restrict destination, const void* restrict source, size_t size)
    __attribute__((alias("memmove")));

// Where in the sixteen bytes there, which are aligned, the wanted one is; a bit for each.
static inline unsigned places(const char* at, __m128i wanted) {
  return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(*(const __m128i*)at, wanted));
}

void* memchr(const void* text, int byte, size_t size) {
  if (size == 0) return 0;
  const __m128i wanted = _mm_set1_epi8((char)byte);
  const char* const begin = text;
  const char* const end =
      size > (size_t)((const char*)UINTPTR_MAX - begin) ? (const char*)UINTPTR_MAX : begin + size;
  // An aligned piece never reaches into a page that the text is not in.
  const char* at = (const char*)((uintptr_t)begin & ~(uintptr_t)15);
  unsigned found = places(at, wanted) & (~0U << (begin - at));
  while (found == 0) {
    at += 16;
    if (at >= end) return 0;
    found = places(at, wanted);
  }
  const char* const result = at + __builtin_ctz(found);
  return result < end ? (void*)result : 0;
}
