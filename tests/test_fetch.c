/* Downloads, from a server of a few lines that a forked process runs on this machine. The first
 * folder of a path says how it misbehaves. The checksums were computed with Python's hashlib. */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"

enum { SECOND_COPIES = 20000, SERVER_SECONDS = 60 };

static const char first_content[] = "first file\n";
static char second_content[7 * SECOND_COPIES + 1];

static const crease_collection_file files[] = {
    { "first.txt", "7ca46ed8705ae80e983715aa2d60e4c49c87465c9d9467cafddf02bfadf6fc77" },
    { "second.bin", "17532c3376cf30c1a4a222e99790756b93e17d77b118807af8877f0989918e62" },
    { NULL, NULL },
};

static pid_t server;
static int port;

/* --- the server ------------------------------------------------------------------------------ */

static void send_all(int to, const char *bytes, size_t n)
{
    for (ssize_t sent; n > 0 && (sent = send(to, bytes, n, MSG_NOSIGNAL)) > 0; n -= (size_t)sent)
        bytes += sent;
}

static void reply(int to, const char *status, const char *header, const char *body, size_t n,
                  size_t promised)
{
    char head[400];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %s\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n",
                          status, header, promised);
    send_all(to, head, (size_t)length);
    send_all(to, body, n);
}

static void answer(int to)
{
    char request[2000] = "", way[100] = "", file[100] = "", location[200];
    size_t used = 0;
    while (!strstr(request, "\r\n\r\n") && used < sizeof request - 1) {
        ssize_t got = recv(to, request + used, sizeof request - 1 - used, 0);
        if (got <= 0) return;
        used += (size_t)got;
        request[used] = 0;
    }
    if (sscanf(request, "GET /%99[^/]/%99s HTTP", way, file) != 2) return;
    bool first = strcmp(file, "first.txt") == 0;
    const char *body = first ? first_content : second_content;
    size_t n = strlen(body);
    if (strcmp(way, "good") == 0) reply(to, "200 OK", "", body, n, n);
    if (strcmp(way, "wrong") == 0) reply(to, "200 OK", "", "something else", 14, 14);
    if (strcmp(way, "missing") == 0) reply(to, "404 Not Found", "", "no", 2, 2);
    if (strcmp(way, "short") == 0) reply(to, "200 OK", "", body, n / 2, n);
    if (strcmp(way, "half") == 0) reply(to, first ? "200 OK" : "500 Oops", "", body, n, n);
    snprintf(location, sizeof location, "Location: /good/%s\r\n", file);
    if (strcmp(way, "moved") == 0) reply(to, "302 Found", location, "", 0, 0);
    if (strcmp(way, "local") == 0)
        reply(to, "302 Found", "Location: file:///etc/hostname\r\n", "", 0, 0);
    /* any other way: closed without a word */
}

static void serve(int listener)
{
    alarm(SERVER_SECONDS); /* never outlives a test that died */
    for (;;) {
        int to = accept(listener, NULL, NULL);
        if (to < 0) continue;
        answer(to);
        shutdown(to, SHUT_RDWR);
        close(to);
    }
}

static int start_server(void **state)
{
    (void)state;
    for (int i = 0; i < SECOND_COPIES; i++) memcpy(second_content + 7 * i, "second ", 7);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0
        || listen(listener, 16) != 0
        || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return -1;
    port = ntohs(address.sin_port);
    server = fork();
    if (server == 0) serve(listener);
    close(listener);
    unsetenv("CREASE_DATA");
    setenv("no_proxy", "127.0.0.1", 1);
    return server > 0 ? 0 : -1;
}

static int stop_server(void **state)
{
    (void)state;
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    return 0;
}

/* --- one test: a context and an empty data folder ----------------------------------------------
 */

typedef struct fixture {
    tally t;
    crease_ctx *ctx;
    char home[400], folder[500], mirror[100];
    crease_collection c;
} fixture;

static void set_up(fixture *f)
{
    static int number;
    *f = (fixture){ .c = { "things", "two files", "none", NULL, files } };
    f->ctx = tally_ctx(&f->t);
    char name[40];
    snprintf(name, sizeof name, "home-%d", number++);
    snprintf(f->home, sizeof f->home, "%s", test_path(name));
    snprintf(f->folder, sizeof f->folder, "%s/crease/things", f->home);
    setenv("XDG_DATA_HOME", f->home, 1);
}

static void tear_down(fixture *f)
{
    crease_ctx_free(f->ctx);
    assert_int_equal(f->t.in_use, 0);
}

static const char *mirror(fixture *f, const char *way)
{
    snprintf(f->mirror, sizeof f->mirror, "http://127.0.0.1:%d/%s", port, way);
    return f->mirror;
}

static int fetch(fixture *f, const char *way)
{
    return crease_collection_fetch(f->ctx, &f->c, mirror(f, way), NULL, NULL);
}

static size_t count_files(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) count += entry->d_name[0] != '.';
    if (dir) closedir(dir);
    return count;
}

static void check_file(const char *folder, const char *name, const char *content)
{
    char path[600];
    size_t n;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unsigned char *bytes = slurp(path, &n);
    assert_int_equal(n, strlen(content));
    assert_memory_equal(bytes, content, n);
    free(bytes);
}

static void check_whole(fixture *f)
{
    check_file(f->folder, "first.txt", first_content);
    check_file(f->folder, "second.bin", second_content);
    assert_int_equal(count_files(f->folder), 2);
    assert_ok(f->ctx, crease_collection_verify(f->ctx, &f->c));
}

static void note_progress(void *user, const char *file, double done, double total)
{
    double *most = user;
    assert_true(done >= 0 && (total == 0 || done <= total));
    if (strcmp(file, "second.bin") == 0 && done > *most) *most = done;
}

/* --- tests ----------------------------------------------------------------------------------- */

static void fetches_what_is_missing(void **state)
{
    (void)state;
    fixture f;
    double most = 0;
    set_up(&f);
    assert_fails(f.ctx, crease_collection_verify(f.ctx, &f.c), CREASE_ENOTFOUND,
                 "things/first.txt");
    assert_ok(f.ctx,
              crease_collection_fetch(f.ctx, &f.c, mirror(&f, "good/"), note_progress, &most));
    assert_true(most == (double)strlen(second_content));
    check_whole(&f);
    assert_ok(f.ctx, fetch(&f, "closed")); /* nothing is asked for */

    char path[600];
    snprintf(path, sizeof path, "%s/first.txt", f.folder);
    assert_int_equal(truncate(path, 3), 0);
    assert_fails(f.ctx, crease_collection_verify(f.ctx, &f.c), CREASE_EPARSE,
                 "first.txt has the wrong checksum");
    assert_ok(f.ctx, fetch(&f, "moved"));
    check_whole(&f);
    tear_down(&f);
}

static void keeps_nothing_bad(void **state)
{
    (void)state;
    static const struct {
        const char *way;
        int code;
        const char *words;
    } cases[] = {
        { "wrong", CREASE_EPARSE, "wrong/first.txt has the wrong checksum: SHA-256 is " },
        { "missing", CREASE_EIO, "missing/first.txt: The requested URL returned error: 404" },
        { "short", CREASE_EIO, "cannot download" },
        { "closed", CREASE_EIO, "cannot download" },
        { "local", CREASE_EIO, "Protocol \"file\"" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        set_up(&f);
        assert_fails(f.ctx, fetch(&f, cases[i].way), cases[i].code, cases[i].words);
        assert_int_equal(count_files(f.folder), 0);
        tear_down(&f);
    }
}

static void keeps_what_is_good(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    assert_fails(f.ctx, fetch(&f, "half"), CREASE_EIO,
                 "half/second.bin: The requested URL returned error: 500");
    check_file(f.folder, "first.txt", first_content);
    assert_int_equal(count_files(f.folder), 1);
    tear_down(&f);
}

static void other_protocols(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    char url[600];
    snprintf(url, sizeof url, "file://%s", write_text("first.txt", first_content));
    *strrchr(url, '/') = 0;
    assert_fails(f.ctx, crease_collection_fetch(f.ctx, &f.c, url, NULL, NULL), CREASE_EIO,
                 "Protocol \"file\"");
    assert_fails(f.ctx, crease_collection_fetch(f.ctx, &f.c, "http://127.0.0.1:1", NULL, NULL),
                 CREASE_EIO, "cannot download http://127.0.0.1:1/first.txt");
    assert_int_equal(count_files(f.folder), 0);
    tear_down(&f);
}

static void tries_the_mirrors(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    char bad[100], worse[100], good[100];
    snprintf(bad, sizeof bad, "%s", mirror(&f, "missing"));
    snprintf(worse, sizeof worse, "%s", mirror(&f, "wrong"));
    snprintf(good, sizeof good, "%s", mirror(&f, "good"));
    const char *const none[] = { NULL }, *const two[] = { bad, worse, NULL },
                      *const three[] = { bad, worse, good, NULL };
    f.c.mirrors = none;
    assert_fails(f.ctx, crease_collection_fetch(f.ctx, &f.c, NULL, NULL, NULL), CREASE_EINVAL,
                 "no place on the web");
    f.c.mirrors = two;
    assert_fails(f.ctx, crease_collection_fetch(f.ctx, &f.c, NULL, NULL, NULL), CREASE_EPARSE,
                 "missing/first.txt: The requested URL returned error: 404; http://");
    assert_int_equal(count_files(f.folder), 0);
    f.c.mirrors = three;
    assert_ok(f.ctx, crease_collection_fetch(f.ctx, &f.c, NULL, NULL, NULL));
    check_whole(&f);
    tear_down(&f);
}

static void unwritable_places(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    setenv("XDG_DATA_HOME", "/dev/null", 1);
    assert_fails(f.ctx, fetch(&f, "good"), CREASE_EIO,
                 "cannot create the folder /dev/null/crease: Not a directory");
    setenv("XDG_DATA_HOME", f.home, 1);
    assert_int_equal(mkdir(f.home, 0777), 0);
    char path[600];
    snprintf(path, sizeof path, "%s/crease", f.home);
    assert_int_equal(mkdir(path, 0777), 0);
    FILE *file = fopen(f.folder, "w"); /* a file where the folder should be */
    assert_non_null(file);
    fclose(file);
    assert_fails(f.ctx, fetch(&f, "good"), CREASE_EIO, "things/first.txt: Not a directory");
    unlink(f.folder);
    if (geteuid() != 0) { /* root may write anywhere */
        assert_int_equal(mkdir(f.folder, 0555), 0);
        assert_fails(f.ctx, fetch(&f, "good"), CREASE_EIO, "Permission denied");
    }
    tear_down(&f);
}

static void no_home(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    char kept[400];
    snprintf(kept, sizeof kept, "%s", getenv("HOME") ? getenv("HOME") : "/");
    unsetenv("HOME");
    setenv("XDG_DATA_HOME", "relative/is/ignored", 1);
    assert_fails(f.ctx, fetch(&f, "good"), CREASE_ENOTFOUND, "neither XDG_DATA_HOME nor HOME");
    setenv("HOME", kept, 1);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fetches_what_is_missing),
        cmocka_unit_test(keeps_nothing_bad),
        cmocka_unit_test(keeps_what_is_good),
        cmocka_unit_test(other_protocols),
        cmocka_unit_test(tries_the_mirrors),
        cmocka_unit_test(unwritable_places),
        cmocka_unit_test(no_home),
    };
    return cmocka_run_group_tests_name("fetch", tests, start_server, stop_server);
}
