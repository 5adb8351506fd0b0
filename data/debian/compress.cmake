# Manual pages of a Debian package are compressed, the same way each time.
file(GLOB_RECURSE PAGES LIST_DIRECTORIES false ${CPACK_TEMPORARY_DIRECTORY}/*.[1-9])
list(FILTER PAGES INCLUDE REGEX "/share/man/man[1-9]/")
foreach(page IN LISTS PAGES)
    execute_process(COMMAND gzip -9nf ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
