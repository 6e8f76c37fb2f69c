// Echo server: accepts one client after the other on descriptor 3 and sends back what comes, with blocking calls.
//   echo [CLIENTS]      ends after so many clients (default: 1)
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[64 * 1024];

static int send_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = send(fd, bytes, length, 0);
    if (sent < 0) return -1;
    bytes += sent;
    length -= sent;
  }
  return 0;
}

int main(int argc, char **argv) {
  int clients = argc > 1 ? atoi(argv[1]) : 1;
  for (int i = 0; i < clients; i++) {
    int fd = accept(3, NULL, NULL);
    if (fd < 0) { perror("accept"); return 2; }
    unsigned long long total = 0;
    ssize_t got;
    while ((got = recv(fd, buffer, sizeof buffer, 0)) > 0) {
      total += got;
      if (send_all(fd, buffer, got) < 0) { got = -1; break; }
    }
    if (got < 0) printf("client %d: %s after %llu bytes\n", i, strerror(errno), total);
    else printf("client %d: %llu bytes\n", i, total);
    fflush(stdout);
    shutdown(fd, SHUT_WR);
    close(fd);
  }
  return 0;
}
