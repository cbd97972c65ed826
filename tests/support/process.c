#include "support/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

struct process {
    pid_t pid;
};

/* PATH of the environment, and where Debian keeps servers. */
static char *search_path(const void *ctx)
{
    const char *path = getenv("PATH");

    return mem_printf(ctx, "%s:/usr/sbin:/sbin", path == NULL ? "/usr/bin:/bin" : path);
}

static pid_t spawn(const char *const *argv, const char *output)
{
    pid_t pid = fork();

    if (pid == 0) {
        int fd = open(output, O_CREAT | O_WRONLY | O_APPEND, 0600);

        (void)setenv("PATH", search_path(NULL), 1);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(fd, STDOUT_FILENO);
        (void)dup2(fd, STDERR_FILENO);
        (void)execvp(argv[0], (char *const *)(uintptr_t)argv); /* it changes none of them */
        _exit(127);
    }
    return pid;
}

int process_run(const char *const *argv)
{
    pid_t pid = spawn(argv, "output.log");
    int status = 0;

    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
        return -1;
    }
    return WEXITSTATUS(status);
}

static int stop(struct process *process)
{
    (void)kill(process->pid, SIGTERM);
    (void)waitpid(process->pid, NULL, 0);
    return 0;
}

struct process *process_start(const void *ctx, const char *const *argv, const char *output)
{
    struct process *process = mem_new(ctx, struct process);

    process->pid = spawn(argv, output);
    if (process->pid < 0) {
        abort();
    }
    talloc_set_destructor(process, stop);
    return process;
}

bool process_exists(const char *name)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    for (char *at = search_path(scope); at != NULL;) {
        char *end = strchr(at, ':');

        if (end != NULL) {
            *end++ = '\0';
        }
        if (access(mem_printf(scope, "%s/%s", at, name), X_OK) == 0) {
            return true;
        }
        at = end;
    }
    return false;
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int process_free_port(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)(const void *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)(void *)&address, &size) != 0) {
        abort();
    }
    (void)close(fd);
    return ntohs(address.sin_port);
}

bool process_await_port(int port)
{
    struct sockaddr_in address = loopback(port);
    bool there = false;

    for (int i = 0; i < 500 && !there; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        there = connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0;
        (void)close(fd);
        if (!there) {
            (void)poll(NULL, 0, 20);
        }
    }
    return there;
}

char *process_enter_folder(const void *ctx, const char *name)
{
    char *path = mem_printf(ctx, "%s.XXXXXX", name);

    if (mkdtemp(path) == NULL || chdir(path) != 0) {
        abort();
    }
    return path;
}

bool process_leave_folder(char *name)
{
    const char *const argv[] = {"rm", "-rf", name, NULL};
    bool left = chdir("..") == 0 && process_run(argv) == 0;

    mem_free(name);
    return left;
}
