// A second unit, compiled with another version of DWARF.
extern void observe(void *);
int later(unsigned long long key, float ratio) {
  unsigned char digest[5] = {1, 2, 3, 4, 5};
  for (unsigned i = 0; i < sizeof digest; i++) digest[i] ^= (unsigned char)(key >> i);
  observe(digest);
  return (int)(ratio * digest[0]);
}
