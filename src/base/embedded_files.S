/* The files that EMBED_LIST names, as they are, and a table of them for embedded.c. */
#ifdef __LP64__
#define POINTER .quad
#define ALIGN .balign 8
#else
#define POINTER .long
#define ALIGN .balign 4
#endif

    .macro EMBED name, path
    .section .rodata
1:  .asciz "\name"
2:  .incbin "\path"
3:  .byte 0
    .section .data.rel.ro, "aw", %progbits
    POINTER 1b, 2b, 3b
    .endm

    .section .data.rel.ro, "aw", %progbits
    ALIGN
    .global embedded_files, embedded_files_end
    .hidden embedded_files, embedded_files_end
embedded_files:
#ifdef EMBED_LIST
#include EMBED_LIST
#endif
    .section .data.rel.ro, "aw", %progbits
embedded_files_end:
    .section .note.GNU-stack, "", %progbits
