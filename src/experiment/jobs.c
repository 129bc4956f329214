/* All runs of an experiment. In parallel, each run is a process of its own that reports through one
 * pipe. The data are loaded before, and shared; no thread pool has started by then, so that forking is
 * safe.         */
#include "jobs.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "result.h"

/* --- which runs there are ----------------------------------------------------------------------- */

static int mark_earlier(crease_jobs *jobs, crease_job *job, const char *folder)
{
    cJSON *result;
    if (!jobs->resume) return CREASE_OK;
    CREASE_TRY(crease_result_read(jobs->ctx, folder, &result));
    crease_outcome outcome = crease_result_outcome(result);
    job->earlier = outcome == CREASE_OUTCOME_FINISHED || outcome == CREASE_OUTCOME_DIVERGED;
    if (job->earlier) {
        crease_report *r = &job->report;
        const char *status = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result, "status"));
        r->outcome = outcome;
        r->epochs = (long)crease_result_number(result, NULL, "epochs");
        r->code = outcome == CREASE_OUTCOME_DIVERGED ? CREASE_EDIVERGED : CREASE_OK;
        snprintf(r->sentence, sizeof r->sentence, "%s", status ? status : "");
    }
    cJSON_Delete(result);
    return CREASE_OK;
}

static int prepare_job(crease_jobs *jobs, crease_job *job)
{
    crease_training *t;
    crease_path folder;
    CREASE_TRY(crease_run_folder(jobs->ctx, folder, jobs->folder, job->method, job->seed));
    CREASE_TRY(mark_earlier(jobs, job, folder));
    if (job->seed != (uint64_t)jobs->experiment->seeds.v[0]) return CREASE_OK;
    CREASE_TRY(crease_training_create(jobs->experiment, job->method, job->seed, jobs->problem,
                                      jobs->folder, &t));
    crease_training_free(t);
    return CREASE_OK;
}

int crease_jobs_prepare(crease_jobs *jobs)
{
    const crease_experiment *e = jobs->experiment;
    jobs->items = crease_alloc(jobs->ctx, e->seeds.n * e->n_methods, sizeof *jobs->items);
    if (!jobs->items) return CREASE_ENOMEM;
    for (size_t s = 0; s < e->seeds.n; s++)
        for (size_t m = 0; m < e->n_methods; m++) {
            crease_job *job = &jobs->items[jobs->n++];
            *job = (crease_job){ .method = &e->methods[m],
                                 .seed = (uint64_t)e->seeds.v[s],
                                 .report = { .objective = NAN, .sparsity = NAN } };
            CREASE_TRY(prepare_job(jobs, job));
        }
    return CREASE_OK;
}

void crease_jobs_free(crease_jobs *jobs)
{
    crease_release(jobs->ctx, jobs->items);
    jobs->items = NULL;
    jobs->n = 0;
}

/* --- one run ------------------------------------------------------------------------------------ */

static int train(crease_jobs *jobs, crease_job *job, const crease_watch *watch)
{
    crease_training *t;
    CREASE_TRY(crease_training_create(jobs->experiment, job->method, job->seed, jobs->problem,
                                      jobs->folder, &t));
    crease_recorder *recorder;
    int code = crease_recorder_create(jobs->capture, t, &recorder);
    if (code == CREASE_OK) code = crease_training_go(t, jobs->resume, watch);
    job->report = t->report;
    crease_recorder_free(recorder);
    crease_training_free(t);
    return code;
}

/* The report says how it went even where the run could not begin. */
static void run_job(crease_jobs *jobs, crease_job *job, const crease_watch *watch)
{
    int code = train(jobs, job, watch);
    if (code == CREASE_OK || job->report.code == code) return;
    job->report.outcome = CREASE_OUTCOME_FAILED;
    job->report.code = code;
    snprintf(job->report.sentence, sizeof job->report.sentence, "%s",
             crease_ctx_error(jobs->ctx)->sentence);
}

/* --- one after the other ------------------------------------------------------------------------ */

typedef struct listener {
    crease_jobs *jobs;
    crease_job *job;
    int pipe; /* to the parent; -1: there is none */
    pid_t parent;
} listener;

static void tell(listener *l)
{
    if (l->jobs->changed) l->jobs->changed(l->jobs->user, l->jobs, l->job);
}

static bool is_interrupted(void *user)
{
    const crease_jobs *jobs = ((listener *)user)->jobs;
    return jobs->interrupted && jobs->interrupted(jobs->user);
}

static void note_epoch(void *user, const crease_report *report)
{
    listener *l = user;
    l->job->report = *report;
    tell(l);
}

static void go_in_turn(crease_jobs *jobs)
{
    for (size_t i = 0; i < jobs->n; i++) {
        listener l = { jobs, &jobs->items[i], -1, 0 };
        if (l.job->earlier || is_interrupted(&l)) continue;
        crease_watch watch = { &l, is_interrupted, note_epoch };
        run_job(jobs, l.job, &watch);
        tell(&l);
    }
}

/* --- in parallel -------------------------------------------------------------------------------- */

typedef struct message {
    size_t job;
    crease_report report;
} message;

_Static_assert(sizeof(message) <= PIPE_BUF, "a report must go through the pipe in one piece");

static void send_report(listener *l, const crease_report *report)
{
    message m = { .job = (size_t)(l->job - l->jobs->items), .report = *report };
    while (write(l->pipe, &m, sizeof m) < 0 && errno == EINTR) continue;
}

static void send_epoch(void *user, const crease_report *report)
{
    send_report(user, report);
}

/* A parent that has died interrupts too: the checkpoint is worth more than the rest of the run. */
static bool is_child_interrupted(void *user)
{
    listener *l = user;
    return getppid() != l->parent || is_interrupted(user);
}

static void run_child(crease_jobs *jobs, crease_job *job, int out, pid_t parent)
{
    listener l = { jobs, job, out, parent };
    crease_watch watch = { &l, is_child_interrupted, send_epoch };
    setpgid(0, 0); /* Ctrl-C reaches the parent alone, which passes it on once */
    signal(SIGPIPE, SIG_IGN);
    run_job(jobs, job, &watch);
    send_report(&l, &job->report);
}

typedef struct crew {
    crease_jobs *jobs;
    pid_t *pids; /* one a job; 0: not started, or ended */
    size_t next, working;
    int in, out;
    bool stopping;
} crew;

static int start_next(crew *c)
{
    while (c->next < c->jobs->n && c->jobs->items[c->next].earlier) c->next++;
    if (c->next == c->jobs->n || c->stopping) return CREASE_OK;
    pid_t parent = getpid(), pid;
    if ((pid = fork()) == 0) {
        close(c->in);
        run_child(c->jobs, &c->jobs->items[c->next], c->out, parent);
        _exit(0);
    }
    if (pid < 0)
        return crease_fail(c->jobs->ctx, CREASE_EIO, "cannot start a process: %s", strerror(errno));
    setpgid(pid, pid); /* whichever of the two comes first */
    c->pids[c->next++] = pid;
    c->working++;
    return CREASE_OK;
}

static void pass_interruption_on(crew *c)
{
    const crease_jobs *jobs = c->jobs;
    if (c->stopping || !jobs->interrupted || !jobs->interrupted(jobs->user)) return;
    c->stopping = true;
    for (size_t i = 0; i < jobs->n; i++)
        if (c->pids[i]) kill(c->pids[i], SIGTERM);
}

static void read_reports(crew *c, int wait_ms)
{
    message m;
    struct pollfd source = { .fd = c->in, .events = POLLIN };
    while (poll(&source, 1, wait_ms) > 0 && read(c->in, &m, sizeof m) == (ssize_t)sizeof m
           && m.job < c->jobs->n) {
        crease_job *job = &c->jobs->items[m.job];
        job->report = m.report;
        if (c->jobs->changed) c->jobs->changed(c->jobs->user, c->jobs, job);
        wait_ms = 0;
    }
}

static void note_end(crew *c, size_t i, int status)
{
    crease_job *job = &c->jobs->items[i];
    c->pids[i] = 0;
    c->working--;
    if (job->report.outcome != CREASE_OUTCOME_RUNNING) return;
    job->report.outcome = CREASE_OUTCOME_FAILED;
    job->report.code = CREASE_ESHORT;
    snprintf(job->report.sentence, sizeof job->report.sentence,
             "its process ended by %s %d without a report",
             WIFSIGNALED(status) ? "signal" : "exit status",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    if (c->jobs->changed) c->jobs->changed(c->jobs->user, c->jobs, job);
}

/* A child has sent its last report before it ends, so ends are looked for first and reports read after.
 */
static void reap(crew *c)
{
    for (size_t i = 0; i < c->jobs->n; i++) {
        int status;
        if (!c->pids[i] || waitpid(c->pids[i], &status, WNOHANG) != c->pids[i]) continue;
        read_reports(c, 0);
        note_end(c, i, status);
    }
}

static int work(crew *c)
{
    enum { WAIT_MS = 100 };
    int code = CREASE_OK;
    do {
        while (code == CREASE_OK && c->working < (size_t)c->jobs->parallel) {
            size_t before = c->working;
            code = start_next(c);
            if (c->working == before) break;
        }
        read_reports(c, WAIT_MS);
        pass_interruption_on(c);
        reap(c);
    } while (c->working > 0 || (code == CREASE_OK && !c->stopping && c->next < c->jobs->n));
    return code;
}

static int go_in_parallel(crease_jobs *jobs)
{
    int ends[2];
    crew c = { .jobs = jobs };
    if (!(c.pids = crease_alloc(jobs->ctx, jobs->n, sizeof *c.pids))) return CREASE_ENOMEM;
    int code = pipe(ends) == 0
                   ? CREASE_OK
                   : crease_fail(jobs->ctx, CREASE_EIO, "cannot make a pipe: %s", strerror(errno));
    if (code == CREASE_OK) {
        c.in = ends[0];
        c.out = ends[1];
        fflush(NULL); /* what a child would else print a second time */
        code = work(&c);
        close(ends[0]);
        close(ends[1]);
    }
    crease_release(jobs->ctx, c.pids);
    return code;
}

/* --- all ---------------------------------------------------------------------------------------- */

static int gravity(int code)
{
    return code == CREASE_OK ? 0 : code == CREASE_EINTERRUPTED ? 1 : code == CREASE_EDIVERGED ? 2 : 3;
}

/* Runs that had not begun when the interruption came are unfinished too. */
static void mark_unbegun(crease_jobs *jobs)
{
    if (!jobs->interrupted || !jobs->interrupted(jobs->user)) return;
    for (size_t i = 0; i < jobs->n; i++) {
        crease_report *r = &jobs->items[i].report;
        if (r->outcome != CREASE_OUTCOME_RUNNING) continue;
        r->outcome = CREASE_OUTCOME_INTERRUPTED;
        r->code = CREASE_EINTERRUPTED;
    }
}

static int sum_up(crease_jobs *jobs)
{
    const crease_job *worst = NULL;
    size_t fallen = 0;
    bool interrupted = false;
    mark_unbegun(jobs);
    for (size_t i = 0; i < jobs->n; i++) {
        const crease_job *job = &jobs->items[i];
        interrupted |= job->report.code == CREASE_EINTERRUPTED;
        fallen += job->report.code != CREASE_OK && job->report.code != CREASE_EINTERRUPTED;
        if (!worst || gravity(job->report.code) > gravity(worst->report.code)) worst = job;
    }
    if (fallen > 0)
        return crease_fail(jobs->ctx, worst->report.code,
                           "%zu of %zu runs fell short: algorithm %s, seed %llu: %.800s%s", fallen,
                           jobs->n, worst->method->label, (unsigned long long)worst->seed,
                           worst->report.sentence,
                           interrupted ? "; others were interrupted, --resume goes on" : "");
    if (interrupted)
        return crease_fail(jobs->ctx, CREASE_EINTERRUPTED,
                           "interrupted; what is done is in %s: add --resume to the same "
                           "command to go on",
                           jobs->folder);
    return CREASE_OK;
}

int crease_jobs_go(crease_jobs *jobs)
{
    if (jobs->parallel > 1)
        CREASE_TRY(go_in_parallel(jobs));
    else
        go_in_turn(jobs);
    return sum_up(jobs);
}
