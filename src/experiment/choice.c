/* From nodes of an experiment file to parameter tables and members of a kind. */
#include "choice.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

/* --- sections that are tables ------------------------------------------------------------------- */

static bool in_table(const crease_param *params, const char *key)
{
    for (; params && params->name; params++)
        if (strcmp(params->name, key) == 0) return true;
    return false;
}

size_t crease_keys_add(const char **keys, size_t n, const crease_param *params)
{
    for (; params && params->name && n < CREASE_MOST_KEYS; params++) keys[n++] = params->name;
    return n;
}

/* The node's value as the parameter tables take it: text, or "[a, b]". */
static int node_text(crease_ctx *ctx, const crease_node *node, crease_text *text)
{
    if (node->kind == CREASE_NODE_MAP)
        return crease_node_fail(ctx, node, CREASE_EPARSE, "%s takes a value, not a mapping", node->key);
    if (node->kind == CREASE_NODE_SCALAR) {
        crease_text_add(text, "%s", node->text);
        return text->code;
    }
    crease_text_add(text, "[");
    for (const crease_node *item = node->first; item; item = item->next) {
        if (item->kind != CREASE_NODE_SCALAR)
            return crease_node_fail(ctx, item, CREASE_EPARSE, "%s takes a list of plain values",
                                    node->key);
        crease_text_add(text, "%s%s", item == node->first ? "" : ", ", item->text);
    }
    crease_text_add(text, "]");
    return text->code;
}

static int read_setting(crease_ctx *ctx, const crease_node *node, const crease_param *params,
                        void *opts, const char *owner)
{
    crease_text text = { .ctx = ctx };
    int code = node_text(ctx, node, &text);
    if (code == CREASE_OK) {
        code = crease_params_set(ctx, params, opts, owner, node->key, text.s);
        if (code != CREASE_OK) crease_node_prefix(ctx, node);
    }
    crease_text_free(&text);
    return code;
}

int crease_node_read_table(crease_ctx *ctx, const crease_node *map, const crease_param *params,
                           void *opts, const char *owner)
{
    for (const crease_node *child = map->first; child; child = child->next)
        if (in_table(params, child->key)) CREASE_TRY(read_setting(ctx, child, params, opts, owner));
    return CREASE_OK;
}

int crease_node_need_map(crease_ctx *ctx, const crease_node *node, const char *owner)
{
    if (node->kind == CREASE_NODE_MAP) return CREASE_OK;
    return crease_node_fail(ctx, node, CREASE_EPARSE, "%s must be a mapping, {key: value}", owner);
}

int crease_node_need_list(crease_ctx *ctx, const crease_node *node, const char *owner)
{
    if (node->kind == CREASE_NODE_LIST) return CREASE_OK;
    return crease_node_fail(ctx, node, CREASE_EPARSE, "%s must be a list", owner);
}

/* --- members of a kind -------------------------------------------------------------------------- */

/* A member's type: the word itself, or "type" in the mapping. */
static int find_type(crease_ctx *ctx, const crease_node *node, crease_choice *choice)
{
    const crease_node *name = node->kind == CREASE_NODE_MAP ? crease_node_find(node, "type") : node;
    const char *kind = crease_kind_name(choice->kind);
    if (!name) return crease_node_fail(ctx, node, CREASE_EINVAL, "this %s needs a type", kind);
    if (name->kind != CREASE_NODE_SCALAR)
        return crease_node_fail(ctx, name, CREASE_EPARSE,
                                "the %s must be a name, or a mapping with a type", kind);
    choice->type = crease_lookup(ctx, choice->kind, name->text);
    if (!choice->type) {
        crease_node_prefix(ctx, name);
        return crease_ctx_error(ctx)->code;
    }
    choice->opts = crease_opts_create(ctx, choice->type);
    return choice->opts ? CREASE_OK : CREASE_ENOMEM;
}

/* Read a member: its type, and all keys of the mapping that are not among the others, which the caller
 * reads. */
int crease_choice_read(crease_ctx *ctx, const crease_node *node, const char *const *others,
                       size_t n_others, crease_choice *choice)
{
    const char *keys[CREASE_MOST_KEYS] = { "type" };
    char owner[200];
    CREASE_TRY(find_type(ctx, node, choice));
    if (node->kind == CREASE_NODE_MAP) {
        size_t n = crease_keys_add(keys, 1, choice->type->params);
        for (size_t i = 0; i < n_others && n < CREASE_MOST_KEYS; i++) keys[n++] = others[i];
        snprintf(owner, sizeof owner, "%s %s", crease_kind_name(choice->kind), choice->type->name);
        CREASE_TRY(crease_node_check_keys(ctx, node, owner, keys, n));
        CREASE_TRY(crease_node_read_table(ctx, node, choice->type->params, choice->opts, owner));
    }
    int code = crease_opts_check(ctx, choice->kind, choice->type, choice->opts);
    if (code != CREASE_OK) crease_node_prefix(ctx, node);
    return code;
}

int crease_choice_default(crease_ctx *ctx, const char *name, crease_choice *choice)
{
    if (!(choice->type = crease_lookup(ctx, choice->kind, name))) return crease_ctx_error(ctx)->code;
    choice->opts = crease_opts_create(ctx, choice->type);
    return choice->opts ? CREASE_OK : CREASE_ENOMEM;
}
