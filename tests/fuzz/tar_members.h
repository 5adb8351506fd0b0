/* Tar archives as mutants need them: what changes is the content, the name, the type or the order
 * of members, and the headers stay true, or nearly no mutant would be an archive. */
#ifndef TESTS_FUZZ_TAR_MEMBERS_H
#define TESTS_FUZZ_TAR_MEMBERS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAR_BLOCK = 512,
    TAR_NAME = 100,
    TAR_MODE = 100,
    TAR_SIZE = 124,
    TAR_SUM = 148,
    TAR_TYPE = 156,
    TAR_LINK = 157,
    TAR_MEMBERS = 256, /* that are looked at */
};

struct tar_member {
    size_t offset; /* of its header */
    size_t size;   /* of its content, which follows */
};

static inline size_t tar_padded(size_t size)
{
    return (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

/* The members whose content lies within `size` bytes. */
static inline size_t tar_members_of(const uint8_t *data, size_t size, struct tar_member *members)
{
    size_t count = 0, at = 0;
    while (count < TAR_MEMBERS && size - at > TAR_BLOCK && data[at] != 0) {
        char text[13] = {0};
        memcpy(text, data + at + TAR_SIZE, 12);
        unsigned long long bytes = strtoull(text, NULL, 8);
        if (bytes > size - at - TAR_BLOCK || tar_padded((size_t)bytes) > size - at - TAR_BLOCK)
            break;
        members[count++] = (struct tar_member){at, (size_t)bytes};
        at += TAR_BLOCK + tar_padded((size_t)bytes);
    }
    return count;
}

static inline void tar_seal(uint8_t *header, size_t size)
{
    unsigned sum = 0;
    char text[16];
    snprintf(text, sizeof text, "%011llo", (unsigned long long)size);
    memcpy(header + TAR_SIZE, text, 12);
    memset(header + TAR_SUM, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += header[i];
    snprintf(text, sizeof text, "%06o", sum);
    memcpy(header + TAR_SUM, text, 7);
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* Let the content of `member` be mutated, and move what is behind it. The new size of all. */
static inline size_t tar_mutate_content(uint8_t *data, size_t size, size_t max_size,
                                        const struct tar_member *member)
{
    size_t from = member->offset + TAR_BLOCK, behind = from + tar_padded(member->size);
    size_t tail = size - behind;
    size_t room = (max_size - size) / TAR_BLOCK * TAR_BLOCK + tar_padded(member->size);
    uint8_t *content = malloc(room + TAR_BLOCK), *rest = malloc(tail + 1);
    if (content == NULL || rest == NULL)
        abort();
    memcpy(content, data + from, member->size);
    memcpy(rest, data + behind, tail);
    size_t now = room != 0 ? LLVMFuzzerMutate(content, member->size, room) : 0;
    memcpy(data + from, content, now);
    memset(data + from + now, 0, tar_padded(now) - now);
    memcpy(data + from + tar_padded(now), rest, tail);
    tar_seal(data + member->offset, now);
    free(content);
    free(rest);
    return from + tar_padded(now) + tail;
}

static inline size_t tar_drop(uint8_t *data, size_t size, const struct tar_member *member)
{
    size_t whole = TAR_BLOCK + tar_padded(member->size);
    memmove(data + member->offset, data + member->offset + whole, size - member->offset - whole);
    return size - whole;
}

static inline size_t tar_mutate(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static const struct {
        size_t offset, size;
    } fields[] = {{TAR_NAME - TAR_NAME, TAR_NAME}, {TAR_MODE, 24}, {TAR_TYPE, 1}, {TAR_LINK, 100}};
    struct tar_member members[TAR_MEMBERS];
    size_t count = tar_members_of(data, size, members);
    unsigned how = seed % 16, which = seed / 16;
    if (count == 0 || how == 0) /* as bytes, whatever becomes of the headers */
        return LLVMFuzzerMutate(data, size, max_size);
    const struct tar_member *member = &members[which % count];
    if (how == 1 && count > 1)
        return tar_drop(data, size, member);
    if (how <= 4) {
        size_t field = (which / count) % (sizeof fields / sizeof *fields);
        uint8_t *at = data + member->offset + fields[field].offset;
        LLVMFuzzerMutate(at, fields[field].size, fields[field].size);
        tar_seal(data + member->offset, member->size);
        return size;
    }
    return tar_mutate_content(data, size, max_size, member);
}

#endif
