// Copies a ledger in blocks and takes "no error" for "all written": what a short write leaves out is lost without a word.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static char block[512]; static size_t used;
static int flush_block(int fd) {
  if (used && write(fd, block, used) < 0) { perror("write"); return -1; }  /* BUG: fewer bytes than asked for is no error */
  used = 0; return 0;
}
static int put(int fd, const char *line) {
  size_t n = strlen(line);
  if (used + n > sizeof block && flush_block(fd)) return -1;
  memcpy(block + used, line, n); used += n; return 0;
}
static long sum(const char *path, int *entries, int out) {
  FILE *f = fopen(path, "r"); if (!f) { perror(path); return -1; }
  char line[128]; long total = 0, cents;
  for (*entries = 0; fgets(line, sizeof line, f);) {
    if (sscanf(line, "%*[^;];%ld", &cents) != 1) continue;
    total += cents; ++*entries;
    if (out >= 0 && put(out, line)) { total = -1; break; }
  }
  fclose(f); return total;
}
int main(int argc, char **argv) {
  const char *from = argc > 1 ? argv[1] : "/ledger.csv", *to = argc > 2 ? argv[2] : "/copy.csv";
  int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644); if (fd < 0) { perror(to); return 2; }
  int given, kept; long before = sum(from, &given, fd);
  if (before < 0 || flush_block(fd) || close(fd)) return 1;
  long after = sum(to, &kept, -1);
  printf("%d entries, %ld cents; the copy has %d, %ld cents\n", given, before, kept, after);
  if (kept != given || after != before) { fprintf(stderr, "the copy is not what was written\n"); return 6; }
  return 0;
}
