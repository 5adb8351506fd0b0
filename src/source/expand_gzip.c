/* gzip by Intel's ISA-L where it is built in, which is several times as fast as
 * zlib, else by that. Both hold its checksums. */
#include "source/expand.h"

#if defined(WILLRUN_WITH_ISAL)

#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct gzip {
    struct expander expander; /* first */
    struct stream *from;
    bool ended; /* behind the last member */
    struct inflate_state state;
};

/* More input where there is none: false at the end, or with a sentence. */
static bool feed(struct gzip *gzip, struct err *err)
{
    const void *bytes = NULL;
    if (gzip->state.avail_in != 0)
        return true;
    ssize_t part = stream_next(gzip->from, &bytes, err);
    if (part <= 0)
        return false;
    gzip->state.next_in = (uint8_t *)(uintptr_t)bytes;
    gzip->state.avail_in = (uint32_t)part;
    return true;
}

/* A file may be several members one after the other (RFC 1952, 2.2); what is
 * behind them and no member is passed over, as gzip does. */
static bool next_member(struct gzip *gzip, struct err *err)
{
    if (feed(gzip, err) && gzip->state.next_in[0] == 0x1f) {
        uint8_t *in = gzip->state.next_in;
        uint32_t left = gzip->state.avail_in;
        isal_inflate_reset(&gzip->state);
        gzip->state.crc_flag = ISAL_GZIP;
        gzip->state.next_in = in;
        gzip->state.avail_in = left;
        return true;
    }
    const void *bytes;
    while (err->code == WILLRUN_OK && stream_next(gzip->from, &bytes, err) > 0)
        ; /* what is read is hashed */
    gzip->ended = true;
    return false;
}

static ssize_t broken(const struct gzip *gzip, const char *how, struct err *err)
{
    err_set(err, WILLRUN_EINPUT, "%s: the gzip data %s", gzip->from->label, how);
    return -1;
}

static ssize_t gzip_fill(struct expander *expander, unsigned char *to, size_t room, struct err *err)
{
    struct gzip *gzip = (struct gzip *)expander;
    struct inflate_state *state = &gzip->state;
    state->next_out = to;
    state->avail_out = (uint32_t)room;
    while (!gzip->ended && state->avail_out != 0) {
        if (state->block_state == ISAL_BLOCK_FINISH && !next_member(gzip, err))
            break;
        bool more = feed(gzip, err);
        if (err->code != WILLRUN_OK)
            return -1;
        uint32_t in = state->avail_in, out = state->avail_out;
        int status = isal_inflate(state);
        if (status < 0)
            return broken(gzip, "is broken", err);
        if (!more && in == state->avail_in && out == state->avail_out &&
            state->block_state != ISAL_BLOCK_FINISH)
            return broken(gzip, "ends too soon", err);
    }
    return err->code != WILLRUN_OK ? -1 : (ssize_t)(room - state->avail_out);
}

static void gzip_close(struct expander *expander)
{
    free(expander);
}

struct expander *expander_of_gzip(struct stream *from)
{
    static const struct expander_ops ops = {gzip_fill, gzip_close};
    struct gzip *gzip = must_alloc(sizeof *gzip);
    memset(gzip, 0, sizeof *gzip);
    gzip->expander.ops = &ops;
    gzip->from = from;
    isal_inflate_init(&gzip->state);
    gzip->state.crc_flag = ISAL_GZIP;
    return &gzip->expander;
}

#else

#include <stdlib.h>
#include <zlib.h>

#include "base/arena.h"

struct gzip {
    struct expander expander; /* first */
    struct stream *from;
    bool ended; /* behind the last member */
    z_stream state;
};

/* More input where there is none: false at the end, or with a sentence. */
static bool feed(struct gzip *gzip, struct err *err)
{
    const void *bytes = NULL;
    if (gzip->state.avail_in != 0)
        return true;
    ssize_t part = stream_next(gzip->from, &bytes, err);
    if (part <= 0)
        return false;
    gzip->state.next_in = (Bytef *)(uintptr_t)bytes;
    gzip->state.avail_in = (uInt)part;
    return true;
}

/* A file may be several members one after the other (RFC 1952, 2.2); what is
 * behind them and no member is passed over, as gzip does. */
static bool next_member(struct gzip *gzip, struct err *err)
{
    if (feed(gzip, err) && gzip->state.next_in[0] == 0x1f) {
        inflateReset(&gzip->state);
        return true;
    }
    const void *bytes;
    while (err->code == WILLRUN_OK && stream_next(gzip->from, &bytes, err) > 0)
        ; /* what is read is hashed */
    gzip->ended = true;
    return false;
}

static ssize_t broken(const struct gzip *gzip, const char *how, struct err *err)
{
    err_set(err, WILLRUN_EINPUT, "%s: the gzip data %s", gzip->from->label, how);
    return -1;
}

static ssize_t gzip_fill(struct expander *expander, unsigned char *to, size_t room, struct err *err)
{
    struct gzip *gzip = (struct gzip *)expander;
    z_stream *state = &gzip->state;
    state->next_out = to;
    state->avail_out = (uInt)room;
    while (!gzip->ended && state->avail_out != 0) {
        if (!feed(gzip, err))
            return err->code != WILLRUN_OK ? -1 : broken(gzip, "ends too soon", err);
        int status = inflate(state, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return broken(gzip, "is broken", err);
        if (status == Z_STREAM_END && !next_member(gzip, err))
            break;
    }
    return err->code != WILLRUN_OK ? -1 : (ssize_t)(room - state->avail_out);
}

static void gzip_close(struct expander *expander)
{
    inflateEnd(&((struct gzip *)expander)->state);
    free(expander);
}

struct expander *expander_of_gzip(struct stream *from)
{
    static const struct expander_ops ops = {gzip_fill, gzip_close};
    enum { GZIP_ALONE = 15 + 16 }; /* of inflateInit2: the largest window, a gzip header */
    struct gzip *gzip = must_alloc(sizeof *gzip);
    *gzip = (struct gzip){.expander.ops = &ops, .from = from};
    if (inflateInit2(&gzip->state, GZIP_ALONE) == Z_OK)
        return &gzip->expander;
    free(gzip);
    return NULL;
}

#endif
