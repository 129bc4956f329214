/* An experiment as YAML, every default filled in: what stands in a run folder as config.yaml. */
#include <stdio.h>
#include <string.h>

#include "spec.h"
#include "text.h"

/* Plain where YAML reads it back plain, else in double quotes. */
static void print_value(crease_text *t, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-";
    if (*value && value[strspn(value, plain)] == '\0' && *value != '-') {
        crease_text_add(t, "%s", value);
        return;
    }
    crease_text_add(t, "\"");
    for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
        if (*c == '"' || *c == '\\')
            crease_text_add(t, "\\%c", *c);
        else if (*c < 32 || *c == 127)
            crease_text_add(t, "\\x%02X", *c);
        else
            crease_text_add(t, "%c", *c);
    }
    crease_text_add(t, "\"");
}

static void print_table(crease_text *t, int indent, const crease_param *params, const void *opts)
{
    char text[2048];
    for (const crease_param *p = params; p && p->name; p++) {
        crease_param_print(p, opts, text, sizeof text);
        crease_text_add(t, "%*s%s: ", indent, "", p->name);
        if (p->kind == CREASE_PARAM_KIND_STRING)
            print_value(t, text);
        else
            crease_text_add(t, "%s", text);
        crease_text_add(t, "\n");
    }
}

/* "type: name" and the settings; the first line is where the caller has put the cursor. */
static void print_choice(crease_text *t, int indent, const crease_choice *choice)
{
    crease_text_add(t, "type: %s\n", choice->type->name);
    print_table(t, indent, choice->type->params, choice->opts);
}

static void print_terms(crease_text *t, int indent, const crease_term_specs *terms)
{
    crease_text_add(t, "%*sregularizers:%s\n", indent, "", terms->n ? "" : " []");
    for (size_t i = 0; i < terms->n; i++) {
        crease_text_add(t, "%*s- ", indent + 2, "");
        print_choice(t, indent + 4, &terms->items[i].psi);
        print_table(t, indent + 4, crease_term_params, &terms->items[i]);
    }
}

static void print_nested(crease_text *t, const char *key, const crease_choice *choice)
{
    if (!choice->type) return;
    crease_text_add(t, "    %s:\n      ", key);
    print_choice(t, 6, choice);
}

static void print_method(crease_text *t, const crease_method *m)
{
    crease_text_add(t, "  - ");
    print_choice(t, 4, &m->algorithm);
    crease_text_add(t, "    label: ");
    print_value(t, m->label);
    crease_text_add(t, "\n");
    print_nested(t, "solver", &m->solver);
    print_nested(t, "stop", &m->stopping);
    if (m->own_regularizers) print_terms(t, 4, &m->regularizers);
    if (m->own_schedule) {
        crease_text_add(t, "    schedule:\n");
        print_table(t, 6, crease_schedule_params, &m->schedule);
    }
}

char *crease_experiment_print_problem(const crease_experiment *e, const crease_term_specs *terms)
{
    crease_text t = { .ctx = e->ctx };
    crease_text_add(&t, "problem:\n  ");
    print_choice(&t, 2, &e->problem);
    print_terms(&t, 0, terms);
    if (t.code == CREASE_OK) return t.s;
    crease_text_free(&t);
    return NULL;
}

char *crease_experiment_print(const crease_experiment *e)
{
    crease_text t = { .ctx = e->ctx };
    print_table(&t, 0, crease_experiment_params, e);
    crease_text_add(&t, "problem:\n  ");
    print_choice(&t, 2, &e->problem);
    print_terms(&t, 0, &e->regularizers);
    crease_text_add(&t, "schedule:\n");
    print_table(&t, 2, crease_schedule_params, &e->schedule);
    crease_text_add(&t, "observe:\n");
    print_table(&t, 2, crease_observe_params, &e->observe);
    crease_text_add(&t, "  diagnostics:%s\n", e->n_diagnostics ? "" : " []");
    for (size_t i = 0; i < e->n_diagnostics; i++) {
        crease_text_add(&t, "    - ");
        print_choice(&t, 6, &e->diagnostics[i]);
    }
    crease_text_add(&t, "algorithms:\n");
    for (size_t i = 0; i < e->n_methods; i++) print_method(&t, &e->methods[i]);
    if (t.code == CREASE_OK) return t.s;
    crease_text_free(&t);
    return NULL;
}
