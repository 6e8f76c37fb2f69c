// Collections and smart pointers of libc++.
#include <array>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
// no allocator of the C library: its debug information is larger than the program
alignas(16) static char heap[1 << 16];
static unsigned used;
void *operator new(std::size_t size) { used += (size + 15) & ~15u; return heap + used - ((size + 15) & ~15u); }
void operator delete(void *) noexcept {}
void operator delete(void *, std::size_t) noexcept {}
extern "C" void __cxa_pure_virtual() { __builtin_trap(); }
static void __attribute__((noinline)) keep(const volatile void *p) { __asm__ volatile("" ::"r"(p) : "memory"); }
struct Tiny { char a, b, c; bool operator<(const Tiny &other) const { return a < other.a; } };
struct Account { std::string name; double balance; std::shared_ptr<Account> guardian; };
enum class Color { red, green };
struct Ledger {
  std::map<std::string, Account> accounts;
  std::unordered_map<int, std::string> names;
  std::deque<long long> recent;
};
extern "C" __attribute__((export_name("_start"))) void start() {
  std::map<int, int> squares, nothing;
  for (int i = 0; i < 40; i++) squares[(i * 7) % 40] = i;
  std::set<char> letters = {'c', 'a', 'b'};
  std::set<Tiny> tinies = {{'y', 'e', 's'}, {'n', 'o', '!'}};
  std::map<short, double> halves = {{1, 0.5}, {2, 1.0}};
  std::multimap<Color, int> colors = {{Color::green, 1}, {Color::red, 2}, {Color::green, 3}};
  std::unordered_map<std::string, int> ages = {{"ann", 41}};
  std::unordered_set<long long> ids = {1LL << 40};
  std::list<std::string> words = {"one", "two", "three"};
  std::deque<int> turned;
  for (int i = 0; i < 3000; i++) { turned.push_back(i); if (turned.size() > 3) turned.pop_front(); }
  auto shared = std::make_shared<Account>(Account{"root", 1.5, nullptr});
  auto other = shared;
  std::weak_ptr<Account> weak = shared, gone = std::make_shared<Account>();
  std::shared_ptr<int> null, plain(new int(7));
  auto unique = std::make_unique<int>(42);
  std::optional<int> some = 5, none;
  std::string_view view = "a view of it";
  std::pair<int, std::string> pair = {1, "p"};
  std::tuple<int, char, std::string> tuple = {1, 'x', "t"};
  std::array<int, 3> array = {1, 2, 3};
  Ledger ledger;
  ledger.accounts["ann"] = {"ann", 3, shared};
  ledger.accounts["bob"] = {"bob", -1, nullptr};
  ledger.names[7] = "seven";
  ledger.recent = {10, 20, 30};
  keep(&squares); keep(&nothing); keep(&letters); keep(&tinies); keep(&halves); keep(&colors); keep(&ages); keep(&ids);
  keep(&words); keep(&turned); keep(&shared); keep(&other); keep(&weak); keep(&gone); keep(&null); keep(&plain);
  keep(&unique); keep(&some); keep(&none); keep(&view); keep(&pair); keep(&tuple); keep(&array); keep(&ledger);
  __builtin_trap();
}
