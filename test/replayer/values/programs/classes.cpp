// C++: namespaces, inheritance, references, templates, methods, lambdas, enum class.
static void __attribute__((noinline)) keep(const volatile void *p) { __asm__ volatile("" ::"r"(p) : "memory"); }
namespace zoo {
enum class Mood : unsigned char { Calm, Wild = 7 };
struct Animal {
  int legs = 4;
  const char *name = "Rex";
  static int count;
  virtual int speak(int times) { return times; }
};
int Animal::count = 3;
struct Tail { float length = 1.5f; };
template <typename T, int N> struct Box { T items[N]; };
struct Dog : Animal, virtual Tail {
  bool good = true;
  Mood mood = Mood::Wild;
  int speak(int times) override {
    int barks = times * 2;
    keep(&barks);
    auto deeper = [&](int by) {
      keep(&by);
      if (barks > 5) __builtin_trap();
      return by + legs;
    };
    return deeper(barks);
  }
};
namespace { int hidden = 11; }
}
using Shorts = zoo::Box<short, 3>;
extern "C" __attribute__((export_name("_start"))) void start() {
  zoo::Dog dog;
  zoo::Dog &reference = dog;
  zoo::Animal *animal = &reference;
  Shorts box = {{1, 2, 3}};
  int zoo::Animal::*field = &zoo::Animal::legs;
  char16_t wide[4] = u"h\u00e9!";
  wchar_t letter = L'\u00df';
  bool flags[3] = {true, false, true};
  decltype(nullptr) nothing = nullptr;
  keep(&box); keep(&field); keep(&zoo::hidden); keep(wide); keep(&letter); keep(flags); keep(&nothing); keep(&reference);
  keep((void *)(animal->speak(dog.legs) + reference.*field));
}
