/* Decides how a C program on librdkafka loads a broker: one producer that sends records of one size as fast as they go. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long delivered = 0;
static long failed = 0;

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
  (void)producer;
  (void)opaque;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    delivered++;
    return;
  }
  if (failed++ == 0) fprintf(stderr, "delivery failed: %s\n", rd_kafka_err2str(message->err));
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *configuration, const char *name, const char *value) {
  char problem[512];
  if (rd_kafka_conf_set(configuration, name, value, problem, sizeof problem) == RD_KAFKA_CONF_OK) return;
  fprintf(stderr, "%s=%s: %s\n", name, value, problem);
  exit(2);
}

int main(int count, char **arguments) {
  if (count < 7 || (count - 7) % 2 != 0) {
    fprintf(stderr, "usage: %s bootstrap-servers topic partitions records record-bytes acks [name value]...\n",
            arguments[0]);
    return 2;
  }
  const int partitions = atoi(arguments[3]);
  const long records = atol(arguments[4]);
  const size_t record_bytes = (size_t)atol(arguments[5]);

  rd_kafka_conf_t *configuration = rd_kafka_conf_new();
  set(configuration, "bootstrap.servers", arguments[1]);
  set(configuration, "acks", arguments[6]);
  for (int at = 7; at < count; at += 2) set(configuration, arguments[at], arguments[at + 1]);
  rd_kafka_conf_set_dr_msg_cb(configuration, on_delivery);

  char problem[512];
  rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, problem, sizeof problem);
  if (producer == NULL) {
    fprintf(stderr, "%s\n", problem);
    return 1;
  }
  rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, arguments[2], NULL);
  char *value = malloc(record_bytes);
  if (topic == NULL || value == NULL) return 1;
  for (size_t at = 0; at < record_bytes; at++) value[at] = (char)('A' + at % 26);

  /* The connection and the topic's metadata are there before the clock starts. */
  const struct rd_kafka_metadata *metadata = NULL;
  rd_kafka_resp_err_t error = rd_kafka_metadata(producer, 0, topic, &metadata, 10000);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    fprintf(stderr, "metadata: %s\n", rd_kafka_err2str(error));
    return 1;
  }
  rd_kafka_metadata_destroy(metadata);

  const double started = seconds_now();
  for (long sent = 0; sent < records;) {
    /* Runs of records for one partition, as a sticky partitioner makes them. */
    const int partition = (int)((sent / 1000) % partitions);
    if (rd_kafka_produce(topic, partition, 0, value, record_bytes, NULL, 0, NULL) == 0) {
      if (++sent % 1000 == 0) rd_kafka_poll(producer, 0);
    } else if (rd_kafka_last_error() == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_poll(producer, 5);
    } else {
      fprintf(stderr, "produce: %s\n", rd_kafka_err2str(rd_kafka_last_error()));
      return 1;
    }
  }
  rd_kafka_flush(producer, 120000);
  const double seconds = seconds_now() - started;
  printf("{\"delivered\":%ld,\"failed\":%ld,\"seconds\":%.6f,\"recordsPerSecond\":%.1f}\n", delivered, failed, seconds,
         (double)delivered / seconds);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  free(value);
  return delivered == records ? 0 : 1;
}
