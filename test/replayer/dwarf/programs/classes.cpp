// C++: namespaces, inheritance, references, templates, member functions.
extern "C" void observe(const void *);
namespace zoo {
struct Animal {
  int legs;
  const char *name;
  virtual int speak(int times) { observe(name); return times; }
  static int count;
};
int Animal::count = 3;
struct Tail { float length = 1.5f; };
struct Dog : Animal, Tail {
  bool good = true;
  int speak(int times) override { int barks = times * 2; observe(&barks); return barks + legs; }
};
template <typename T, int N> struct Box {
  T items[N];
  T &at(int i) { return items[i]; }
};
enum class Mood : unsigned char { Calm, Wild = 7 };
}
using Shorts = zoo::Box<short, 3>;
extern "C" int run(int n) {
  zoo::Dog dog;
  dog.legs = 4;
  dog.name = "Rex";
  zoo::Dog &ref = dog;
  zoo::Animal *animal = &ref;
  Shorts box = {{1, 2, (short)n}};
  zoo::Mood mood = n > 3 ? zoo::Mood::Wild : zoo::Mood::Calm;
  int zoo::Animal::*field = &zoo::Animal::legs;
  auto add = [&](int by) { box.at(0) += by; observe(&box); return box.at(0) + n; };
  observe(&mood);
  observe(&field);
  return animal->speak(n) + add(2) + ref.*field;
}
