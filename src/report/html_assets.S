/* data/report/, as it is, for html.c. */
    .section .rodata
    .global html_style, html_graph, html_script
    .hidden html_style, html_graph, html_script
html_style:
    .incbin HTML_STYLE
    .byte 0
html_graph:
    .incbin HTML_GRAPH
    .byte 0
html_script:
    .incbin HTML_SCRIPT
    .byte 0
    .section .note.GNU-stack,"",%progbits
