/* JSON written as a stream: nothing is kept but where it stands. */
#ifndef WILLRUN_REPORT_JSON_WRITER_H
#define WILLRUN_REPORT_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct json {
    FILE *out;
    bool compact;   /* the whole document on one line, without spaces */
    unsigned depth; /* of open objects and arrays */
    unsigned flat;  /* depth from which all stands on one line; 0: none */
    bool filled;    /* the innermost one has an entry */
};

/* `key` is NULL in an array and for the document itself. Strings are UTF-8 or
 * not; a NULL string is written as null. */
void json_open(struct json *json, const char *key, char bracket);      /* '{' or '[' */
void json_open_flat(struct json *json, const char *key, char bracket); /* on one line */
void json_close(struct json *json, char bracket);                      /* '}' or ']' */
void json_text(struct json *json, const char *key, const char *text);
void json_size(struct json *json, const char *key, size_t number);
void json_int(struct json *json, const char *key, int number);
void json_bool(struct json *json, const char *key, bool value);
void json_nothing(struct json *json, const char *key);

#endif
