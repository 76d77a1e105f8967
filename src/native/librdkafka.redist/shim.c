/* Symbols that Confluent.Kafka 2.15.1 calls unconditionally and librdkafka 2.0.2 lacks. Without leader epochs the client
   behaves as against a broker that has none. */
#include <stdint.h>
int32_t rd_kafka_message_leader_epoch(const void *message) { (void)message; return -1; }
int32_t rd_kafka_topic_partition_get_leader_epoch(const void *partition) { (void)partition; return -1; }
void rd_kafka_topic_partition_set_leader_epoch(void *partition, int32_t epoch) { (void)partition; (void)epoch; }
