/* Command-line settings: "algorithms.ramda.lr=0.1" changes the tree before anything reads it, so that
 * the checks, and their sentences, are those of the file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crease/param.h"
#include "tree_build.h"

enum { MOST_NAMES = 64 };

static const char *name_of(const crease_node *item)
{
    if (item->kind == CREASE_NODE_SCALAR) return item->text;
    const crease_node *name = item->kind == CREASE_NODE_MAP ? crease_node_find(item, "label") : NULL;
    if (!name && item->kind == CREASE_NODE_MAP) name = crease_node_find(item, "type");
    return name && name->kind == CREASE_NODE_SCALAR ? name->text : NULL;
}

static int fail_no_item(crease_ctx *ctx, const crease_node *list, const char *origin, const char *word)
{
    const char *names[MOST_NAMES];
    size_t n = 0, count = crease_node_count(list);
    for (const crease_node *item = list->first; item && n < MOST_NAMES; item = item->next)
        if (name_of(item)) names[n++] = name_of(item);
    const char *nearest = crease_nearest(word, names, n);
    crease_fail(ctx, CREASE_ENOTFOUND, "%s has no item '%s'%s%s%s; it has %zu, counted from 0",
                list->key ? list->key : "the list", word, nearest ? "; did you mean '" : "",
                nearest ? nearest : "", nearest ? "'?" : "", count);
    return crease_ctx_prefix(ctx, "%s: ", origin);
}

static int find_item(crease_ctx *ctx, const crease_node *list, const char *origin, const char *word,
                     crease_node **found)
{
    char *end;
    unsigned long number = strtoul(word, &end, 10);
    bool by_number = *word >= '0' && *word <= '9' && *end == '\0';
    for (crease_node *item = list->first; item; item = item->next) {
        const char *name = name_of(item);
        if (by_number ? number-- == 0 : name && strcmp(name, word) == 0) {
            *found = item;
            return CREASE_OK;
        }
    }
    return fail_no_item(ctx, list, origin, word);
}

static int add_child(crease_ctx *ctx, crease_node *map, const char *origin, const char *key,
                     crease_node **child)
{
    crease_node **last = &map->first;
    while (*last) last = &(*last)->next;
    crease_node *node = crease_node_create(ctx, CREASE_NODE_MAP, origin);
    if (!node) return CREASE_ENOMEM;
    *last = *child = node;
    node->key = crease_strdup(ctx, key);
    return node->key ? CREASE_OK : CREASE_ENOMEM;
}

/* "solver: exact" becomes "solver: {type: exact}", so that settings can stand beside it. */
static int open_scalar(crease_ctx *ctx, crease_node *node)
{
    crease_node *type;
    char *text = node->text;
    node->text = NULL;
    node->kind = CREASE_NODE_MAP;
    if (!*text) {
        crease_release(ctx, text);
        return CREASE_OK;
    }
    int code = add_child(ctx, node, node->origin, "type", &type);
    if (code != CREASE_OK) {
        crease_release(ctx, text);
        return code;
    }
    *type = (crease_node){ CREASE_NODE_SCALAR, node->origin, node->line, node->column,
                           type->key,          text,         NULL,       NULL };
    return CREASE_OK;
}

static int descend(crease_ctx *ctx, crease_node **node, const char *origin, const char *word)
{
    crease_node *at = *node;
    if (at->kind == CREASE_NODE_LIST) return find_item(ctx, at, origin, word, node);
    if (at->kind == CREASE_NODE_SCALAR) CREASE_TRY(open_scalar(ctx, at));
    *node = crease_node_find(at, word);
    return *node ? CREASE_OK : add_child(ctx, at, origin, word, node);
}

static int replace(crease_tree *tree, crease_node *node, const char *origin, const char *value)
{
    crease_node_clear(tree->ctx, node);
    node->kind = CREASE_NODE_SCALAR;
    node->origin = origin;
    node->line = 0;
    return crease_node_read(tree->ctx, origin, false, value, strlen(value), node);
}

static int keep_origin(crease_tree *tree, const char *assignment, const char **text)
{
    size_t size = strlen(assignment) + sizeof "--set ";
    crease_origin *origin = crease_alloc(tree->ctx, 1, sizeof *origin);
    if (!origin) return CREASE_ENOMEM;
    origin->next = tree->origins;
    tree->origins = origin;
    if (!(origin->text = crease_alloc(tree->ctx, size, 1))) return CREASE_ENOMEM;
    snprintf(origin->text, size, "--set %s", assignment);
    *text = origin->text;
    return CREASE_OK;
}

int crease_tree_set(crease_tree *tree, const char *assignment)
{
    enum { LONGEST_PATH = 256 };
    char path[LONGEST_PATH];
    const char *origin, *equals = strchr(assignment, '=');
    CREASE_TRY(keep_origin(tree, assignment, &origin));
    size_t length = equals ? (size_t)(equals - assignment) : 0;
    if (length == 0 || length >= sizeof path || assignment[0] == '.' || equals[-1] == '.')
        return crease_fail(tree->ctx, CREASE_EPARSE,
                           "%.300s: a setting is written KEY=VALUE, "
                           "as in schedule.epochs=3",
                           origin);
    memcpy(path, assignment, length);
    path[length] = '\0';
    crease_node *node = tree->root;
    char *rest = path;
    for (char *word; (word = strsep(&rest, "."));) CREASE_TRY(descend(tree->ctx, &node, origin, word));
    return replace(tree, node, origin, equals + 1);
}
