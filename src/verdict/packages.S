/* data/library-packages.tsv, as it is, for packages.c. */
    .section .rodata
    .global library_packages, library_packages_end
    .hidden library_packages, library_packages_end
library_packages:
    .incbin LIBRARY_PACKAGES
library_packages_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
