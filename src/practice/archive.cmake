# Readers and writers of archives, and the model between them and the server.
add_library(ferry_practice_archive OBJECT
  archive_plugin.c archive_read_legacy.c archive_read_new.c content.c content_build.c
  content_finish.c content_json.c content_workflows.c copy_rows.c json_slice.c legacy.c
  legacy_agents.c zip_read.c)
target_link_libraries(ferry_practice_archive PUBLIC ferry_flags PkgConfig::TALLOC
  PRIVATE PkgConfig::ARCHIVE)
