// Every kind of type that C has, with values that are known, in a frame that traps. Freestanding: small.
typedef unsigned char u8;
typedef enum color { RED, GREEN = 5, BLUE = -2 } color;
enum access { READ = 1, WRITE = 2, EXECUTE = 4 };
struct point { int x, y; };
union number { int i; float f; u8 bytes[4]; };
struct user {
  int id;
  char name[16];
  struct user *next;
};
struct packet {
  unsigned kind : 3, flags : 7;
  signed delta : 5;
  struct point at;
  int grid[2][3];
  union { int left; float right; };
  union number n;
  int (*handler)(int);
};
struct hidden;

int counter = 7;
static const char *const title = "a \"title\"\n";
static struct user last = {9, "carol", 0};
struct user *users = &last;
short table[300] = {1, 2, 3};
struct { u8 length; char data[]; } tail = {3, "abc"};

static void __attribute__((noinline)) keep(const volatile void *p) { __asm__ volatile("" ::"r"(p) : "memory"); }

static int __attribute__((noinline)) twice(int n) { return n * 2 + counter; }

static inline __attribute__((always_inline)) int inlined(int argument, int unused) {
  int doubled = argument * 2;
  keep(&doubled);
  return twice(doubled);
}

__attribute__((noinline)) int scalars(int small, long long big, float single, double precise, char letter,
                                      struct user *user, const char *text) {
  signed char minus = (signed char)-letter;
  unsigned short word = 65535;
  unsigned long long huge = 0xfedcba9876543210ull;
  _Bool yes = small > 0, no = !yes;
  color paint = BLUE;
  enum access mode = READ | EXECUTE;
  int (*function)(int) = twice;
  void *nothing = 0;
  struct hidden *opaque = (struct hidden *)user;
  volatile int changing = small;
  const int *const fixed = &counter;
  int result = inlined(small, 1);
  keep(&minus); keep(&word); keep(&huge); keep(&yes); keep(&no); keep(&paint); keep(&mode); keep(&function);
  keep(&nothing); keep(&opaque); keep(&fixed); keep(&result);
  {
    int small = 1000;
    keep(&small);
    if (changing == 42) __builtin_trap();
  }
  return result + small + (int)big + (int)single + (int)precise + letter + user->id + text[0];
}

__attribute__((noinline)) int aggregates(int n) {
  struct user bob = {7, "bob", &last};
  struct packet packet = {.kind = 5, .flags = 100, .delta = -3, .at = {n, -2},
                          .grid = {{1, 2, 3}, {4, 5, 6}}, .right = 1.5f, .n.i = 0x41424344, .handler = twice};
  int numbers[20] = {n};
  char line[8] = {'n', 'o', ' ', 'e', 'n', 'd', '!', '!'};
  struct point corners[2] = {{1, 2}, {3, 4}};
  float _Complex wave = 1.5f + 2.0f * __builtin_complex(0.0f, 1.0f);
  keep(&bob); keep(&packet); keep(numbers); keep(line); keep(corners); keep(&wave);
  static int calls = 3;
  keep(&calls);
  return scalars(n, -5000000000ll, 0.1f, 2.5, 'a', &bob, title) + numbers[n];
}

void start(void) __attribute__((export_name("_start")));
void start(void) { keep(users); keep(table); keep(&tail); aggregates(42); }
