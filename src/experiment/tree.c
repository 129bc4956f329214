/* An experiment file as a tree: libyaml's events become nodes. */
#include "tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "crease/param.h"
#include "files.h"
#include "tree_build.h"

enum { DEEPEST = 16, LARGEST_BYTES = 1 << 20 };

typedef struct reader {
    crease_ctx *ctx;
    const char *origin;
    bool numbered; /* places in the text mean something to the user */
    yaml_parser_t parser;
    yaml_event_t event;
} reader;

/* --- places ------------------------------------------------------------------------------------- */

static int prefix(crease_ctx *ctx, const char *origin, int line, int column)
{
    return line > 0 ? crease_ctx_prefix(ctx, "%s:%d:%d: ", origin, line, column)
                    : crease_ctx_prefix(ctx, "%s: ", origin);
}

int crease_node_prefix(crease_ctx *ctx, const crease_node *node)
{
    return prefix(ctx, node->origin, node->line, node->column);
}

int crease_node_fail(crease_ctx *ctx, const crease_node *node, int code, const char *format, ...)
{
    char sentence[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    crease_fail(ctx, code, "%s", sentence);
    return crease_node_prefix(ctx, node);
}

static int fail_at(reader *r, yaml_mark_t mark, const char *sentence)
{
    crease_fail(r->ctx, CREASE_EPARSE, "%s", sentence);
    return prefix(r->ctx, r->origin, r->numbered ? (int)mark.line + 1 : 0, (int)mark.column + 1);
}

/* --- events ------------------------------------------------------------------------------------- */

static int fail_malformed(reader *r)
{
    const yaml_parser_t *p = &r->parser;
    char sentence[512];
    if (p->error == YAML_MEMORY_ERROR)
        return crease_fail(r->ctx, CREASE_ENOMEM, "out of memory in the YAML reader");
    if (p->error == YAML_READER_ERROR) {
        crease_fail(r->ctx, CREASE_EPARSE, "byte %zu: %s", p->problem_offset, p->problem);
        return crease_ctx_prefix(r->ctx, "%s: ", r->origin);
    }
    snprintf(sentence, sizeof sentence, "malformed YAML: %s%s%s", p->context ? p->context : "",
             p->context ? ", " : "", p->problem ? p->problem : "the text is not understood");
    return fail_at(r, p->problem_mark, sentence);
}

static int next_event(reader *r)
{
    yaml_event_delete(&r->event);
    return yaml_parser_parse(&r->parser, &r->event) ? CREASE_OK : fail_malformed(r);
}

/* --- nodes -------------------------------------------------------------------------------------- */

crease_node *crease_node_create(crease_ctx *ctx, crease_node_kind kind, const char *origin)
{
    crease_node *node = crease_alloc(ctx, 1, sizeof *node);
    if (node) *node = (crease_node){ .kind = kind, .origin = origin };
    return node;
}

void crease_node_clear(crease_ctx *ctx, crease_node *node)
{
    for (crease_node *child = node->first, *next; child; child = next) {
        next = child->next;
        crease_node_free(ctx, child);
    }
    crease_release(ctx, node->text);
    node->first = NULL;
    node->text = NULL;
}

void crease_node_free(crease_ctx *ctx, crease_node *node)
{
    if (!node) return;
    crease_node_clear(ctx, node);
    crease_release(ctx, node->key);
    crease_release(ctx, node);
}

static void place(const reader *r, crease_node *node)
{
    node->line = r->numbered ? (int)r->event.start_mark.line + 1 : 0;
    node->column = (int)r->event.start_mark.column + 1;
}

static int read_value(reader *r, crease_node *node, int depth);

static int read_list(reader *r, crease_node *list, int depth)
{
    crease_node **last = &list->first;
    for (;;) {
        CREASE_TRY(next_event(r));
        if (r->event.type == YAML_SEQUENCE_END_EVENT) return CREASE_OK;
        if (!(*last = crease_node_create(r->ctx, CREASE_NODE_SCALAR, r->origin))) return CREASE_ENOMEM;
        place(r, *last);
        CREASE_TRY(read_value(r, *last, depth + 1));
        last = &(*last)->next;
    }
}

static int read_key(reader *r, const crease_node *map, crease_node *child)
{
    if (r->event.type == YAML_ALIAS_EVENT)
        return fail_at(r, r->event.start_mark, "aliases are not supported; write the value out");
    if (r->event.type != YAML_SCALAR_EVENT)
        return fail_at(r, r->event.start_mark, "a key must be a plain word");
    place(r, child);
    const char *key = (const char *)r->event.data.scalar.value;
    const crease_node *earlier = crease_node_find(map, key);
    if (earlier)
        return crease_node_fail(r->ctx, child, CREASE_EPARSE,
                                "the key '%.200s' was already given in line %d", key, earlier->line);
    child->key = crease_strdup(r->ctx, key);
    return child->key ? CREASE_OK : CREASE_ENOMEM;
}

static int read_map(reader *r, crease_node *map, int depth)
{
    crease_node **last = &map->first;
    for (;;) {
        CREASE_TRY(next_event(r));
        if (r->event.type == YAML_MAPPING_END_EVENT) return CREASE_OK;
        crease_node *child = crease_node_create(r->ctx, CREASE_NODE_SCALAR, r->origin);
        if (!child) return CREASE_ENOMEM;
        int code = read_key(r, map, child);
        *last = child; /* after the search for an earlier one */
        last = &child->next;
        CREASE_TRY(code);
        CREASE_TRY(next_event(r));
        CREASE_TRY(read_value(r, child, depth + 1));
    }
}

/* The value that begins with the current event. */
static int read_value(reader *r, crease_node *node, int depth)
{
    const yaml_event_t *e = &r->event;
    if (depth > DEEPEST) return fail_at(r, e->start_mark, "nested too deeply");
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        if (e->data.scalar.tag) return fail_at(r, e->start_mark, "tags are not supported");
        if (strlen((const char *)e->data.scalar.value) != e->data.scalar.length)
            return fail_at(r, e->start_mark, "text with a NUL byte in it");
        node->text = crease_strdup(r->ctx, (const char *)e->data.scalar.value);
        return node->text ? CREASE_OK : CREASE_ENOMEM;
    case YAML_SEQUENCE_START_EVENT:
        if (e->data.sequence_start.tag) return fail_at(r, e->start_mark, "tags are not supported");
        node->kind = CREASE_NODE_LIST;
        return read_list(r, node, depth);
    case YAML_MAPPING_START_EVENT:
        if (e->data.mapping_start.tag) return fail_at(r, e->start_mark, "tags are not supported");
        node->kind = CREASE_NODE_MAP;
        return read_map(r, node, depth);
    default:
        return fail_at(r, e->start_mark, "aliases are not supported; write the value out");
    }
}

static int read_document(reader *r, crease_node *node)
{
    CREASE_TRY(next_event(r)); /* the stream's start */
    CREASE_TRY(next_event(r));
    if (r->event.type == YAML_STREAM_END_EVENT) {
        node->text = crease_strdup(r->ctx, "");
        return node->text ? CREASE_OK : CREASE_ENOMEM;
    }
    CREASE_TRY(next_event(r));
    place(r, node);
    CREASE_TRY(read_value(r, node, 0));
    CREASE_TRY(next_event(r)); /* the document's end */
    CREASE_TRY(next_event(r));
    if (r->event.type != YAML_STREAM_END_EVENT)
        return fail_at(r, r->event.start_mark, "a second document begins here; only one is read");
    return CREASE_OK;
}

int crease_node_read(crease_ctx *ctx, const char *origin, bool numbered, const char *text, size_t bytes,
                     crease_node *node)
{
    reader r = { .ctx = ctx, .origin = origin, .numbered = numbered };
    if (!yaml_parser_initialize(&r.parser))
        return crease_fail(ctx, CREASE_ENOMEM, "out of memory in the YAML reader");
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, bytes);
    int code = read_document(&r, node);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return code;
}

/* --- the tree ----------------------------------------------------------------------------------- */

static int parse(crease_tree *tree, const char *path, const char *text, size_t bytes)
{
    crease_ctx *ctx = tree->ctx;
    if (!(tree->path = crease_strdup(ctx, path))) return CREASE_ENOMEM;
    if (!(tree->root = crease_node_create(ctx, CREASE_NODE_SCALAR, tree->path))) return CREASE_ENOMEM;
    crease_node *root = tree->root;
    root->line = root->column = 1;
    CREASE_TRY(crease_node_read(ctx, tree->path, true, text, bytes, root));
    if (root->kind == CREASE_NODE_SCALAR && !*root->text) root->kind = CREASE_NODE_MAP;
    if (root->kind != CREASE_NODE_MAP)
        return crease_node_fail(ctx, root, CREASE_EPARSE,
                                "an experiment is a mapping, \"key: value\" lines");
    return CREASE_OK;
}

int crease_tree_parse(crease_ctx *ctx, const char *path, const char *text, size_t bytes,
                      crease_tree *tree)
{
    *tree = (crease_tree){ .ctx = ctx };
    int code = parse(tree, path, text, bytes);
    if (code != CREASE_OK) crease_tree_free(tree);
    return code;
}

int crease_tree_read(crease_ctx *ctx, const char *path, crease_tree *tree)
{
    size_t bytes;
    *tree = (crease_tree){ .ctx = ctx };
    char *text = crease_file_read(ctx, path, LARGEST_BYTES, &bytes);
    if (!text) return crease_ctx_error(ctx)->code;
    int code = crease_tree_parse(ctx, path, text, bytes, tree);
    crease_release(ctx, text);
    return code;
}

void crease_tree_free(crease_tree *tree)
{
    if (!tree->ctx) return;
    crease_node_free(tree->ctx, tree->root);
    for (crease_origin *o = tree->origins, *next; o; o = next) {
        next = o->next;
        crease_release(tree->ctx, o->text);
        crease_release(tree->ctx, o);
    }
    crease_release(tree->ctx, tree->path);
    *tree = (crease_tree){ 0 };
}

crease_node *crease_node_find(const crease_node *map, const char *key)
{
    for (crease_node *child = map->first; child; child = child->next)
        if (child->key && strcmp(child->key, key) == 0) return child;
    return NULL;
}

size_t crease_node_count(const crease_node *node)
{
    size_t n = 0;
    for (const crease_node *child = node->first; child; child = child->next) n++;
    return n;
}

int crease_node_check_keys(crease_ctx *ctx, const crease_node *map, const char *owner,
                           const char *const *keys, size_t count)
{
    for (const crease_node *child = map->first; child; child = child->next) {
        size_t k = 0, used = 0;
        while (k < count && strcmp(keys[k], child->key) != 0) k++;
        if (k < count) continue;
        char all[600] = "";
        for (k = 0; k < count && used < sizeof all; k++)
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", k ? ", " : "", keys[k]);
        const char *nearest = crease_nearest(child->key, keys, count);
        return crease_node_fail(ctx, child, CREASE_ENOTFOUND,
                                "%s has no key '%.100s'%s%s%s; the keys are %s", owner, child->key,
                                nearest ? "; did you mean '" : "", nearest ? nearest : "",
                                nearest ? "'?" : "", all);
    }
    return CREASE_OK;
}
