/* The dependency tree as lines. Needs form a graph: an object's own needs are
 * drawn where it comes first, and it is marked where it comes again. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "report/report.h"
#include "report/text_parts.h"
#include "report/tree_walk.h"
#include "willrun/willrun.h"

enum { DEEPEST = 100 }; /* levels drawn; a hostile chain of needs has no end */

struct drawing {
    struct screen screen;
    const struct willrun_subject *subject;
    bool *drawn;        /* one an object */
    bool last[DEEPEST]; /* level by level: is it the last of its siblings? */
};

static void write_branch(const struct drawing *drawing, unsigned level)
{
    const struct screen *screen = &drawing->screen;
    for (unsigned i = 0; i < level; i++)
        screen_put(screen, PAINT_DIM,
                   drawing->last[i] ? "    " : screen_mark(screen, "│   ", "|   "));
    screen_put(screen, PAINT_DIM,
               drawing->last[level] ? screen_mark(screen, "└── ", "`-- ")
                                    : screen_mark(screen, "├── ", "|-- "));
}

/* "libz.so.1 → /usr/lib/libz.so.1 [ld.so.cache]" */
static void write_object(const struct drawing *drawing, const struct willrun_object *object)
{
    const struct screen *screen = &drawing->screen;
    const char *arrow = screen_mark(screen, " → ", " => ");
    if (object->path == NULL) {
        screen_put(screen, PAINT_BAD, object->name);
        screen_put(screen, PAINT_BAD, arrow);
        screen_put(screen, PAINT_BAD, "not found");
        return;
    }
    if (object->name != NULL && strcmp(object->name, object->path) != 0) {
        screen_put(screen, PAINT_STRONG, object->name);
        screen_put(screen, PAINT_DIM, arrow);
    }
    screen_put(screen, PAINT_NONE, object->path);
    const char *via = willrun_via_name(object->via);
    if (via == NULL)
        return;
    screen_put(screen, PAINT_NOTE, " [");
    screen_put(screen, PAINT_NOTE, via);
    screen_put(screen, PAINT_NOTE, "]");
}

static void draw_all(struct drawing *drawing, const size_t *objects, size_t count, unsigned level);

static void write_again(const struct screen *screen, const struct willrun_object *object)
{
    screen_put(screen, PAINT_DIM, object->name);
    screen_put(screen, PAINT_DIM, screen_mark(screen, " ↑", " (see above)"));
    putc('\n', screen->out);
}

static void draw(struct drawing *drawing, size_t index, unsigned level)
{
    const struct screen *screen = &drawing->screen;
    const struct willrun_object *object = &drawing->subject->objects[index];
    write_branch(drawing, level);
    if (drawing->drawn[index] && object->path != NULL) {
        write_again(screen, object);
        return;
    }
    drawing->drawn[index] = true;
    write_object(drawing, object);
    bool too_deep = object->need_count != 0 && level + 1 == DEEPEST;
    if (too_deep)
        screen_put(screen, PAINT_WARN, " (deeper levels: see --format json)");
    putc('\n', screen->out);
    if (!too_deep)
        draw_all(drawing, object->needs, object->need_count, level + 1);
}

/* At most DEEPEST levels of recursion. */
static void draw_all(struct drawing *drawing, const size_t *objects, size_t count, unsigned level)
{
    for (size_t i = 0; i < count; i++) {
        if (objects[i] >= drawing->subject->object_count)
            continue;
        drawing->last[level] = i + 1 == count;
        draw(drawing, objects[i], level);
    }
}

static void write_head(const struct screen *screen, const struct willrun_subject *subject)
{
    screen_put(screen, PAINT_STRONG, subject->path);
    const char *linkage =
        subject->linkage == WILLRUN_DYNAMIC ? NULL : willrun_linkage_name(subject->linkage);
    const char *facts[] = {subject->platform, subject->interpreter, linkage};
    const char *comma = "  ";
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (facts[i] == NULL)
            continue;
        screen_put(screen, PAINT_DIM, comma);
        screen_put(screen, PAINT_DIM, facts[i]);
        comma = ", ";
    }
    putc('\n', screen->out);
}

static void draw_subject(const struct screen *screen, const struct willrun_subject *subject)
{
    struct drawing drawing = {.screen = *screen, .subject = subject};
    drawing.drawn = must_alloc((subject->object_count + 1) * sizeof *drawing.drawn);
    memset(drawing.drawn, 0, (subject->object_count + 1) * sizeof *drawing.drawn);
    size_t count;
    size_t *roots = tree_roots(subject, &count);
    write_head(screen, subject);
    draw_all(&drawing, roots, count, 0);
    free(roots);
    free(drawing.drawn);
}

/* A finding that the drawing shows already: a name that is not found. */
static bool is_drawn(const struct willrun_subject *subject, const struct willrun_finding *finding)
{
    return missing_object(subject, finding->object) != NULL;
}

/* What the drawing cannot show: versions, symbols, what the kernel refuses. */
static void write_rest(const struct screen *screen, const struct willrun_subject *subject)
{
    struct willrun_finding *rest = must_alloc((subject->finding_count + 1) * sizeof *rest);
    struct willrun_subject copy = *subject;
    copy.findings = rest;
    copy.finding_count = 0;
    for (size_t i = 0; i < subject->finding_count; i++)
        if (!is_drawn(subject, &subject->findings[i]))
            rest[copy.finding_count++] = subject->findings[i];
    text_findings(screen, &copy, false);
    free(rest);
}

void tree_text(const struct willrun_result *result, const struct willrun_style *style, FILE *out)
{
    struct screen screen = {out, style};
    bool first = true;
    for (size_t t = 0; t < result->target_count; t++) {
        const struct willrun_target *target = &result->targets[t];
        for (size_t s = 0; s < target->subject_count; s++) {
            if (style->quiet && target->subjects[s].verdict == WILLRUN_RUNS)
                continue;
            if (!first)
                putc('\n', out);
            first = false;
            draw_subject(&screen, &target->subjects[s]);
            write_rest(&screen, &target->subjects[s]);
            text_why(&screen, &target->subjects[s]);
        }
    }
}
