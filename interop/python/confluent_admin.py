"""confluent-kafka's admin client: topics, configs, partitions, offsets, records and groups; a line per step that succeeded.

Usage: confluent_admin.py <bootstrap servers> <topic>
"""

import sys
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

bootstrap_servers, topic = sys.argv[1:]
admin = AdminClient({"bootstrap.servers": bootstrap_servers})


def result(futures):
    (future,) = futures.values()
    return future.result(timeout=30)


def refused(call):
    try:
        call()
    except KafkaException as error:
        return error.args[0].name()
    raise SystemExit("what should be refused was done")


def is_equal(actual, expected):
    if actual != expected:
        raise SystemExit(f"{actual!r} is not {expected!r}")


def configs_of(resource):
    return {name: entry.value for name, entry in result(admin.describe_configs([resource])).items()}


def topics():
    new = NewTopic(topic, num_partitions=3, replication_factor=1, config={"retention.ms": "86400000"})
    result(admin.create_topics([new], validate_only=True))
    result(admin.create_topics([new]))
    is_equal(refused(lambda: result(admin.create_topics([new]))), "TOPIC_ALREADY_EXISTS")
    result(admin.create_partitions([NewPartitions(topic, 4)]))
    is_equal(refused(lambda: result(admin.create_partitions([NewPartitions(topic, 2)]))), "INVALID_PARTITIONS")
    is_equal(len(admin.list_topics(topic, timeout=10).topics[topic].partitions), 4)
    cluster = admin.describe_cluster().result(timeout=30)
    is_equal(len(cluster.nodes), 1)


def configs():
    resource = ConfigResource(ResourceType.TOPIC, topic)
    is_equal(configs_of(resource)["retention.ms"], "86400000")
    operations = [
        ConfigEntry("max.message.bytes", "20000", incremental_operation=AlterConfigOpType.SET),
        ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND),
        ConfigEntry("retention.ms", None, incremental_operation=AlterConfigOpType.DELETE),
    ]
    changed = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=operations)
    result(admin.incremental_alter_configs([changed]))
    now = configs_of(resource)
    is_equal(now["max.message.bytes"], "20000")
    is_equal(now["cleanup.policy"], "delete,compact")
    is_equal(now["retention.ms"], "604800000")


def offsets_and_records():
    producer = Producer({"bootstrap.servers": bootstrap_servers})
    for at in range(20):
        producer.produce(topic, f"value {at}", "key", partition=1)
    is_equal(producer.flush(30), 0)
    partition = TopicPartition(topic, 1)
    is_equal(result(admin.list_offsets({partition: OffsetSpec.latest()})).offset, 20)
    # Each record in the same batch may have the same time; the offset is that of one of them.
    is_equal(result(admin.list_offsets({partition: OffsetSpec.max_timestamp()})).offset in range(20), True)
    is_equal(result(admin.delete_records([TopicPartition(topic, 1, 5)])).low_watermark, 5)
    is_equal(result(admin.list_offsets({partition: OffsetSpec.earliest()})).offset, 5)


def groups(protocol):
    group = f"{topic}-{protocol}"
    consumer = Consumer(
        {"bootstrap.servers": bootstrap_servers, "group.id": group, "group.protocol": protocol, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    deadline = time.monotonic() + 30
    while len(consumer.assignment()) < 4:
        is_equal(time.monotonic() < deadline, True)
        consumer.poll(0.1)
    consumer.commit(offsets=[TopicPartition(topic, 1, 7)], asynchronous=False)
    listed = {one.group_id: one for one in admin.list_consumer_groups().result(timeout=30).valid}
    is_equal(listed[group].type.name, protocol.upper())
    description = result(admin.describe_consumer_groups([group]))
    is_equal(description.state.name, "STABLE")
    is_equal([len(member.assignment.topic_partitions) for member in description.members], [4])
    is_equal(refused(lambda: result(admin.delete_consumer_groups([group]))), "NON_EMPTY_GROUP")
    consumer.close()
    altered = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 1, 9)])
    result(admin.alter_consumer_group_offsets([altered]))
    committed = result(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]))
    is_equal({one.partition: one.offset for one in committed.topic_partitions}[1], 9)
    result(admin.delete_consumer_groups([group]))
    is_equal(refused(lambda: result(admin.delete_consumer_groups([group]))), "GROUP_ID_NOT_FOUND")


def deletion():
    result(admin.delete_topics([topic]))
    is_equal(topic in admin.list_topics(timeout=10).topics, False)


for name, step in {
    "topics and cluster": topics,
    "configs": configs,
    "offsets and records": offsets_and_records,
    "groups of the classic protocol": lambda: groups("classic"),
    "groups of the consumer protocol": lambda: groups("consumer"),
    "deletion": deletion,
}.items():
    step()
    print(f"ok {name}")
