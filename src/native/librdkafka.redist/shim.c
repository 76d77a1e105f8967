/* Functions that Confluent.Kafka 2.15.1 calls unconditionally and librdkafka before 2.1 lacks. Without leader epochs the client
   behaves as against a broker that has none. No headers: the C library's are not there where tcc is fetched. */
#ifdef HAVE_LEADER_EPOCH
int mesh_librdkafka_has_leader_epoch;
#else
int rd_kafka_message_leader_epoch(const void *message) { (void)message; return -1; }
int rd_kafka_topic_partition_get_leader_epoch(const void *partition) { (void)partition; return -1; }
void rd_kafka_topic_partition_set_leader_epoch(void *partition, int epoch) { (void)partition; (void)epoch; }
#endif
