# Readers and writers of archives, and the model between them and the server.
add_library(ferry_practice_archive OBJECT
  archive_items.c archive_plugin.c archive_read_legacy.c archive_read_new.c archive_write_legacy.c
  archive_write_new.c archive_write_parts.c content.c content_build.c content_finish.c
  content_json.c content_workflows.c copy_rows.c drop_deployment.c drop_rows.c dump.c dump_rows.c dump_rows_events.c dump_tables.c json_slice.c legacy.c
  legacy_agents.c make_archive.c make_plan.c zip_read.c zip_write.c)
target_link_libraries(ferry_practice_archive PUBLIC ferry_flags PkgConfig::TALLOC
  PRIVATE PkgConfig::ARCHIVE)
