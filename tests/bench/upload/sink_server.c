/* Reads uploads and forgets them: the server of the upload bench. Prints its port, then serves one
   connection after the other: head, Content-Length bytes, "201 Created". */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE (1024 * 1024)

static char piece[PIECE + 1];

static int64_t content_length(const char *head)
{
    const char *line = head;

    while ((line = strstr(line, "\r\n")) != NULL) {
        line += 2;
        if (strncasecmp(line, "Content-Length:", 15) == 0) {
            return strtoll(line + 15, NULL, 10);
        }
    }
    return 0;
}

/* One request; 0 when the peer has ended. */
static int serve_request(int fd)
{
    static const char answer[] = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
                                 "Content-Length: 2\r\n\r\n{}";
    size_t size = 0;
    const char *end = NULL;

    while (end == NULL) {
        ssize_t got = recv(fd, piece + size, PIECE - size, 0);

        if (got <= 0) {
            return 0;
        }
        size += (size_t)got;
        piece[size] = '\0';
        end = strstr(piece, "\r\n\r\n");
    }
    int64_t left = content_length(piece) - ((int64_t)size - (end - piece) - 4);
    while (left > 0) {
        ssize_t got = recv(fd, piece, PIECE, 0);

        if (got <= 0) {
            return 0;
        }
        left -= got;
    }
    return send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) > 0;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (listener < 0 ||
        bind(listener, (const struct sockaddr *)(const void *)&address, size) != 0 ||
        listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)(void *)&address, &size) != 0) {
        perror("sink_server");
        return 1;
    }
    printf("%d\n", ntohs(address.sin_port));
    (void)fflush(stdout);
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd >= 0) {
            while (serve_request(fd)) {
            }
            (void)close(fd);
        }
    }
}
