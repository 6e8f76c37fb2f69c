// HTTP/1.1 server for many clients at once: nonblocking sockets and one poll(). Serves the files of its folder; a body that
// is sent to it is counted and thrown away.
//   httpd [REQUESTS]      ends after so many requests (default: 1)
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER = 3, CLIENTS = 64, HEAD = 8192, CHUNK = 16384 };

struct client {
  int fd, closing;
  size_t filled;                     // bytes of `head`
  long body;                         // bytes of the body that are still to come; -1: in the head
  unsigned long received, sum;       // of the body
  char head[HEAD + 1];
  char *out;                         // the answer, of which out_length - out_sent bytes are still to go
  size_t out_length, out_sent;
};

static struct client clients[CLIENTS];
static int served, wanted;
static char chunk[CHUNK];

static void drop(struct client *c) { close(c->fd); free(c->out); memset(c, 0, sizeof *c); c->fd = -1; }

static void answer(struct client *c, const char *status, const char *body, size_t length) {
  c->out = malloc(length + 256);
  int head = snprintf(c->out, 256, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n%s\r\n", status, length,
                      c->closing ? "Connection: close\r\n" : "");
  memcpy(c->out + head, body, length);
  c->out_length = head + length;
  c->out_sent = 0;
  c->body = -1;
  served++;
}

static void serve_file(struct client *c, const char *path) {
  FILE *f = strstr(path, "..") ? NULL : fopen(path, "rb");
  if (!f) { answer(c, "404 Not Found", "no such file\n", 13); return; }
  fseek(f, 0, SEEK_END);
  long size = ftell(f);
  rewind(f);
  char *content = malloc(size + 1);
  size_t got = fread(content, 1, size, f);
  fclose(f);
  answer(c, "200 OK", content, got);
  free(content);
}

static void take_body(struct client *c, const char *bytes, size_t length) {
  c->received += length;
  c->body -= length;
  for (size_t i = 0; i < length; i++) c->sum = c->sum * 31 + (unsigned char)bytes[i];
  if (c->body > 0) return;
  char text[80];
  int n = snprintf(text, sizeof text, "%lu bytes, %08lx\n", c->received, c->sum & 0xffffffff);
  answer(c, "200 OK", text, n);
}

// Answers the next request in `head`, if all of it is there.
static void look(struct client *c) {
  if (c->out) return;
  c->head[c->filled] = 0;
  char *end = strstr(c->head, "\r\n\r\n");
  if (!end) { if (c->filled == HEAD) { c->closing = 1; answer(c, "431 Request Header Fields Too Large", "", 0); } return; }
  char method[8] = "", path[512] = "";
  long length = 0;
  sscanf(c->head, "%7s %511s", method, path);
  for (char *line = strstr(c->head, "\r\n"); line < end; line = strstr(line + 2, "\r\n")) {
    if (!strncasecmp(line + 2, "content-length:", 15)) length = atol(line + 17);
    if (!strncasecmp(line + 2, "connection: close", 17)) c->closing = 1;
  }
  char *rest = end + 4;
  size_t left = c->filled - (rest - c->head);
  size_t first = (long)left < length ? left : (size_t)length;
  if (length > 0) { c->received = c->sum = 0; c->body = length; take_body(c, rest, first); }
  else serve_file(c, path);
  c->filled = left - first;
  memmove(c->head, rest + first, c->filled);
}

static void readable(struct client *c) {
  int in_body = c->body >= 0;
  size_t room = in_body ? sizeof chunk : HEAD - c->filled;
  if (in_body && (long)room > c->body) room = c->body;
  ssize_t got = recv(c->fd, in_body ? chunk : c->head + c->filled, room, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    if (got < 0) printf("client lost: %s\n", strerror(errno));
    drop(c);
    return;
  }
  if (in_body) { take_body(c, chunk, got); return; }
  c->filled += got;
  look(c);
}

static void writable(struct client *c) {
  ssize_t sent = send(c->fd, c->out + c->out_sent, c->out_length - c->out_sent, 0);
  if (sent < 0 && errno == EAGAIN) return;
  if (sent < 0) { printf("client lost: %s\n", strerror(errno)); drop(c); return; }
  c->out_sent += sent;
  if (c->out_sent < c->out_length) return;
  free(c->out);
  c->out = NULL;
  if (c->closing) drop(c);
  else look(c);
}

static void accept_all(void) {
  for (;;) {
    int fd = accept4(LISTENER, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) { if (errno != EAGAIN) perror("accept"); return; }
    int i = 0;
    while (i < CLIENTS && clients[i].fd >= 0) i++;
    if (i == CLIENTS) { close(fd); continue; }
    clients[i].fd = fd;
    clients[i].body = -1;
  }
}

static int busy(void) {
  for (int i = 0; i < CLIENTS; i++) if (clients[i].fd >= 0 && clients[i].out) return 1;
  return 0;
}

int main(int argc, char **argv) {
  wanted = argc > 1 ? atoi(argv[1]) : 1;
  for (int i = 0; i < CLIENTS; i++) clients[i].fd = -1;
  if (fcntl(LISTENER, F_SETFL, O_NONBLOCK) < 0) { perror("descriptor 3 is no socket"); return 2; }
  while (served < wanted || busy()) {
    struct pollfd polled[CLIENTS + 1] = {{ .fd = LISTENER, .events = POLLIN }};
    struct client *who[CLIENTS + 1];
    int n = 1;
    for (int i = 0; i < CLIENTS; i++) {
      struct client *c = &clients[i];
      if (c->fd < 0) continue;
      who[n] = c;
      polled[n++] = (struct pollfd){ .fd = c->fd, .events = c->out ? POLLOUT : POLLIN };
    }
    if (poll(polled, n, -1) < 0) { perror("poll"); return 2; }
    for (int i = 1; i < n; i++) {
      if (polled[i].revents == 0) continue;
      if (who[i]->out) writable(who[i]);
      else readable(who[i]);
    }
    if (polled[0].revents) accept_all();
  }
  printf("%d requests\n", served);
  return 0;
}
