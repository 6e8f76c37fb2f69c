// Types, scopes and inlined calls for the debug information tests. Freestanding: no libc, so that it stays small.
typedef unsigned char u8;
typedef enum color { RED, GREEN = 5, BLUE = -2 } color;
struct point { int x, y; };
union number { int i; float f; u8 bytes[4]; };
struct packet {
  unsigned kind : 3, flags : 7;
  signed delta : 5;
  struct point at;
  const char *name;
  struct packet *next;
  int grid[2][3];
  union number n;
  color paint;
  double weight;
  long long big;
  int (*handler)(struct packet *, int);
  _Bool ready;
};
static struct packet second = {.kind = 1, .name = "second"};
static int counter = 7;
struct packet *chain = &second;
extern void observe(void *);
static int handle(struct packet *p, int by) {
  p->at.x += by;
  observe(p);
  return p->at.x;
}
static inline __attribute__((always_inline)) int scaled(int value, int factor) {
  int product = value * factor;
  observe(&product);
  return product + 1;
}
static inline __attribute__((always_inline)) int twice(int value) {
  return scaled(value, 2) + counter;
}
__attribute__((noinline)) int walk(struct packet *p, const char *title, int depth) {
  int total = 0;
  for (int i = 0; i < depth; i++) {
    int here = i * 10;
    total += p->handler(p, here);
    if (total > 20) {
      int extra = twice(total);
      total += extra;
    }
  }
  volatile int *stop = (int *)title;
  if (*stop == 0x7fffffff) __builtin_trap();
  return total;
}
int start(int argument) {
  struct packet first = {.kind = 5, .flags = 100, .delta = -3, .at = {argument, -2}, .name = "first\n",
    .next = &second, .grid = {{1, 2, 3}, {4, 5, 6}}, .n.f = 1.5f, .paint = BLUE, .weight = 0.25,
    .big = -1234567890123LL, .handler = handle, .ready = 1};
  int numbers[4] = {argument, 1, 2, 3};
  observe(numbers);
  return walk(&first, "title", 3) + numbers[1];
}
