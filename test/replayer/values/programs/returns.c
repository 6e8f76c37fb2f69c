// Functions that return values of every kind, called one after the other with what is known only when it runs.
typedef enum color { RED, GREEN = 5 } color;
struct point { int x, y; double z; };
struct single { short value; };
struct pair { char first, second; };

#define FUNCTION __attribute__((noinline))
volatile int one = 1;
volatile long long sink;

FUNCTION int add(int a, int b) { return a + b + one; }
FUNCTION unsigned char byte(int a) { return (unsigned char)(a - one - one); }
FUNCTION _Bool truth(int a) { return a > one; }
FUNCTION long long big(int a) { return (long long)(a + one) << 40; }
FUNCTION float single_precision(int a) { return (float)(a + one) / 4; }
FUNCTION double half(int a) { return (a + one) / 2.0; }
FUNCTION color paint(int a) { return a > one ? GREEN : RED; }
FUNCTION const char *name(int a) { return a > one ? "yes" : "no"; }
FUNCTION struct point make(int a) { struct point made = {a, a + one, a / 2.0}; return made; }
FUNCTION struct single wrap(int a) { struct single made = {(short)(a - one)}; return made; }
FUNCTION struct pair both(int a) { struct pair made = {'a', (char)('a' + a)}; return made; }
FUNCTION __int128 huge(int a) { return (__int128)(a + one) << 70; }
FUNCTION void nothing(int a) { sink = a; }
FUNCTION int factorial(int n) { return n <= one ? 1 : n * factorial(n - 1); }
// calls another one in its place
FUNCTION int instead(int a) { return add(a, one); }

__attribute__((export_name("_start"))) void start(void) {
  sink = add(3, 4);
  sink = byte(one);
  sink = truth(7);
  sink = big(2);
  sink = (long long)single_precision(6);
  sink = (long long)half(6);
  sink = paint(4);
  sink = *name(2);
  struct point made = make(5);
  sink = made.x + made.y + (int)made.z;
  sink = wrap(-6).value;
  sink = both(1).second;
  sink = (long long)(huge(0) >> 64);
  nothing(9);
  sink = factorial(5);
  sink = instead(8);
  __builtin_trap();
}
