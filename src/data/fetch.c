/* Downloading and checking collections: libcurl moves the bytes, libcrypto computes SHA-256. A file
 * takes its name only when it is whole and its checksum is the published one. */
#include <curl/curl.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "internal.h"
#include "output.h"

enum {
    HEX_DIGITS = 64,
    CONNECT_SECONDS = 30,
    STALL_SECONDS = 60,      /* given up after this long ... */
    STALL_BYTES_PER_S = 100, /* ... below this speed */
};

/* --- checksums -------------------------------------------------------------------------------- */

static bool hash_file(FILE *file, char hex[HEX_DIGITS + 1])
{
    unsigned char chunk[1 << 14], digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool fine = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
    for (size_t got; fine && (got = fread(chunk, 1, sizeof chunk, file)) > 0;)
        fine = EVP_DigestUpdate(hash, chunk, got);
    fine = fine && !ferror(file) && EVP_DigestFinal_ex(hash, digest, &length);
    EVP_MD_CTX_free(hash);
    for (unsigned i = 0; fine && i < HEX_DIGITS / 2; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return fine;
}

/* what names the file in the sentence: a path or a URL. */
static int check_hash(crease_ctx *ctx, FILE *file, const char *what, const char *expected)
{
    char hex[HEX_DIGITS + 1] = "";
    if (!hash_file(file, hex))
        return crease_fail(ctx, CREASE_EIO, "cannot compute the checksum of %s", what);
    if (strcmp(hex, expected) == 0) return CREASE_OK;
    return crease_fail(ctx, CREASE_EPARSE,
                       "%s has the wrong checksum: SHA-256 is %s, published is %s", what, hex,
                       expected);
}

static int check_file(crease_ctx *ctx, const char *path, const char *expected)
{
    FILE *file = fopen(path, "rb");
    if (!file) return crease_fail(ctx, CREASE_EIO, "cannot read %s: %s", path, strerror(errno));
    int code = check_hash(ctx, file, path, expected);
    fclose(file);
    return code;
}

int crease_collection_verify(crease_ctx *ctx, const crease_collection *c)
{
    for (const crease_collection_file *f = c->files; f->name; f++) {
        char name[200], path[1100];
        snprintf(name, sizeof name, "%s/%s", c->name, f->name);
        CREASE_TRY(crease_data_find(ctx, name, path, sizeof path));
        CREASE_TRY(check_file(ctx, path, f->sha256));
    }
    return CREASE_OK;
}

/* --- one download ----------------------------------------------------------------------------- */

typedef struct report {
    crease_fetch_progress *progress;
    void *user;
    const char *file;
} report;

static int on_progress(void *user, curl_off_t total, curl_off_t done, curl_off_t up_total,
                       curl_off_t up)
{
    const report *r = user;
    (void)up_total, (void)up;
    r->progress(r->user, r->file, (double)done, (double)total);
    return 0;
}

static void set_options(CURL *curl, const char *url, FILE *file, report *r, char *words)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "crease");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_PER_S);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, file); /* curl's own writer is fwrite */
    if (!r->progress) return;
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, r);
}

static int download(crease_ctx *ctx, const char *url, FILE *file, report *r)
{
    char words[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    if (!curl) return crease_fail(ctx, CREASE_ENOMEM, "out of memory while downloading %s", url);
    set_options(curl, url, file, r, words);
    CURLcode result = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    if (result == CURLE_OK && fflush(file) == 0) return CREASE_OK;
    if (result == CURLE_OK)
        return crease_fail(ctx, CREASE_EIO, "cannot store %s: %s", url, strerror(errno));
    return crease_fail(ctx, CREASE_EIO, "cannot download %s: %s", url,
                       words[0] ? words : curl_easy_strerror(result));
}

static int download_from(crease_output *out, const char *mirror, const crease_collection_file *f,
                         report *r)
{
    char url[1000];
    size_t length = strlen(mirror);
    int used = snprintf(url, sizeof url, "%s%s%s", mirror,
                        length && mirror[length - 1] == '/' ? "" : "/", f->name);
    if (used < 0 || (size_t)used >= sizeof url)
        return crease_fail(out->ctx, CREASE_EINVAL, "the address of %s is too long", f->name);
    CREASE_TRY(crease_output_rewind(out));
    CREASE_TRY(download(out->ctx, url, out->file, r));
    rewind(out->file);
    return check_hash(out->ctx, out->file, url, f->sha256);
}

/* --- a collection ----------------------------------------------------------------------------- */

/* From the first mirror that has the published file; the sentence tells what went wrong at each. */
static int fetch_file(crease_ctx *ctx, const char *const *mirrors, const char *path,
                      const crease_collection_file *f, report *r)
{
    crease_output out;
    char earlier[sizeof crease_ctx_error(ctx)->sentence] = "";
    int code = CREASE_OK;
    CREASE_TRY(crease_output_open(ctx, path, &out));
    for (size_t i = 0; mirrors[i]; i++) {
        code = download_from(&out, mirrors[i], f, r);
        if (code == CREASE_OK) return crease_output_commit(&out);
        if (i > 0) crease_ctx_prefix(ctx, "%s; ", earlier);
        snprintf(earlier, sizeof earlier, "%s", crease_ctx_error(ctx)->sentence);
    }
    crease_output_discard(&out);
    if (code == CREASE_OK)
        return crease_fail(ctx, CREASE_EINVAL, "%s has no place on the web", f->name);
    return code;
}

/* Make the folder and those above it. */
static int make_folders(crease_ctx *ctx, char *path)
{
    for (char *slash = path; slash;) {
        slash = strchr(slash + 1, '/');
        if (slash) *slash = 0;
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return crease_fail(ctx, CREASE_EIO, "cannot create the folder %s: %s", path,
                               strerror(errno));
        if (slash) *slash = '/';
    }
    return CREASE_OK;
}

int crease_collection_fetch(crease_ctx *ctx, const crease_collection *c, const char *mirror,
                            crease_fetch_progress *progress, void *user)
{
    char home[1000], folder[1100], path[1300];
    const char *const given[] = { mirror, NULL };
    if (!crease_data_home(home, sizeof home))
        return crease_fail(ctx, CREASE_ENOTFOUND,
                           "no place for %s: neither XDG_DATA_HOME nor HOME is set", c->name);
    snprintf(folder, sizeof folder, "%s/%s", home, c->name);
    CREASE_TRY(make_folders(ctx, folder));
    for (const crease_collection_file *f = c->files; f->name; f++) {
        report r = { progress, user, f->name };
        snprintf(path, sizeof path, "%s/%s", folder, f->name);
        if (check_file(ctx, path, f->sha256) != CREASE_OK)
            CREASE_TRY(fetch_file(ctx, mirror ? given : c->mirrors, path, f, &r));
    }
    return CREASE_OK;
}
