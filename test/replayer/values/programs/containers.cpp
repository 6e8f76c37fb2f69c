// Strings and vectors of libc++.
#include <string>
#include <vector>
// no allocator of the C library: its debug information is larger than the program
static char heap[4096];
static unsigned used;
void *operator new(std::size_t size) { used += (size + 7) & ~7u; return heap + used - ((size + 7) & ~7u); }
void operator delete(void *) noexcept {}
void operator delete(void *, std::size_t) noexcept {}
extern "C" void __cxa_pure_virtual() { __builtin_trap(); }
static void __attribute__((noinline)) keep(const volatile void *p) { __asm__ volatile("" ::"r"(p) : "memory"); }
struct Shelf { std::vector<std::string> books; int level; };
extern "C" __attribute__((export_name("_start"))) void start() {
  std::string brief = "brief", lengthy = "a text that is too long to stand in the object itself", empty;
  std::vector<int> numbers = {1, 1, 2, 3, 5};
  Shelf shelf;
  shelf.books.emplace_back("one");
  shelf.level = 2;
  std::vector<float> none;
  keep(&brief); keep(&lengthy); keep(&empty); keep(&numbers); keep(&shelf); keep(&none);
  __builtin_trap();
}
