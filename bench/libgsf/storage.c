/* Writes and reads compound files with libgsf: storage write|read FILE COUNT SIZE ROUNDS. Prints files per second. */
#include <gsf/gsf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void write_file(const char *path, int count, size_t size, const guint8 *data) {
  GsfOutput *sink = gsf_output_stdio_new(path, NULL);
  GsfOutfile *file = gsf_outfile_msole_new(sink);
  g_object_unref(sink);
  for (int i = 0; i < count; i++) {
    char name[32];
    snprintf(name, sizeof name, "stream %d", i);
    GsfOutput *stream = gsf_outfile_new_child(file, name, FALSE);
    for (size_t at = 0; at < size; at += 65536) {
      size_t piece = size - at < 65536 ? size - at : 65536;
      gsf_output_write(stream, piece, data + at);
    }
    gsf_output_close(stream);
    g_object_unref(stream);
  }
  gsf_output_close(GSF_OUTPUT(file));
  g_object_unref(file);
}

static size_t read_file(const char *path, guint8 *buffer) {
  GsfInput *source = gsf_input_stdio_new(path, NULL);
  GsfInfile *file = gsf_infile_msole_new(source, NULL);
  g_object_unref(source);
  size_t total = 0;
  int count = gsf_infile_num_children(file);
  for (int i = 0; i < count; i++) {
    GsfInput *stream = gsf_infile_child_by_index(file, i);
    gsf_off_t left = gsf_input_size(stream);
    while (left > 0) {
      size_t piece = left < 65536 ? (size_t)left : 65536;
      gsf_input_read(stream, piece, buffer);
      left -= (gsf_off_t)piece;
      total += piece;
    }
    g_object_unref(stream);
  }
  g_object_unref(file);
  return total;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  int count = atoi(argv[3]);
  size_t size = (size_t)atoll(argv[4]);
  int rounds = atoi(argv[5]);
  guint8 *data = calloc(1, size + 65536);
  for (size_t i = 0; i < size; i++) data[i] = (guint8)(i * 31);
  gsf_init();
  double best = 1e9;
  for (int i = 0; i < rounds; i++) {
    double start = now();
    if (strcmp(argv[1], "write") == 0) write_file(argv[2], count, size, data);
    else if (read_file(argv[2], data) != (size_t)count * size) return 1;
    double took = now() - start;
    if (took < best) best = took;
  }
  printf("%f\n", 1 / best);
  return 0;
}
