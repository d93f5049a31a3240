"""kafka-python's admin client: topics, configs, partitions, offsets, records, log directories and groups; a line per step that succeeded.

Usage: kafka_python_admin.py <bootstrap servers> <topic>
"""

import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.admin import OffsetSpec
from kafka.errors import GroupSubscribedToTopicError, NonEmptyGroupError, TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

bootstrap_servers, topic = sys.argv[1:]
admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers)


def is_equal(actual, expected):
    if actual != expected:
        raise SystemExit(f"{actual!r} is not {expected!r}")


def refused(error, call):
    try:
        call()
    except error:
        return
    raise SystemExit(f"not refused with {error.__name__}")


def configs_of(resource, keys):
    wanted = ConfigResource(ConfigResourceType.TOPIC, resource, configs={key: None for key in keys})
    described = admin.describe_configs([wanted], config_filter="all")
    return {key: config["value"] for key, config in described["topic"][resource].items()}


def topics():
    new = NewTopic(topic, num_partitions=3, replication_factor=1, topic_configs={"retention.ms": "86400000"})
    admin.create_topics([new], validate_only=True)
    admin.create_topics([new])
    refused(TopicAlreadyExistsError, lambda: admin.create_topics([new]))
    admin.create_partitions({topic: 4})
    is_equal(len(admin.describe_topics([topic])[0]["partitions"]), 4)
    is_equal(len(admin.describe_topic_partitions([topic])["topics"][0]["partitions"]), 4)


def cluster():
    is_equal(len(admin.describe_cluster()["brokers"]), 1)
    is_equal(admin.describe_features()["group.version"]["finalized"], (1, 1))
    quorum = admin.describe_metadata_quorum()
    is_equal(len(quorum["topics"][0]["partitions"][0]["current_voters"]), 1)
    is_equal(topic in admin.list_config_resources(["TOPIC"])["topic"], True)


def configs():
    changes = {"max.message.bytes": ("SET", "20000"), "cleanup.policy": ("APPEND", "compact"), "retention.ms": ("DELETE", None)}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=changes)])
    now = configs_of(topic, changes)
    is_equal(now, {"max.message.bytes": "20000", "cleanup.policy": "delete,compact", "retention.ms": "604800000"})
    admin.reset_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=["cleanup.policy"])])
    is_equal(configs_of(topic, ["cleanup.policy"]), {"cleanup.policy": "delete"})


def offsets_and_records():
    one = TopicPartition(topic, 1)
    producer = KafkaProducer(bootstrap_servers=bootstrap_servers, enable_idempotence=True)
    for at in range(20):
        producer.send(topic, f"value {at}".encode(), b"key", partition=1)
    producer.flush()
    producer.close()
    is_equal(admin.list_partition_offsets({one: OffsetSpec.LATEST})[one].offset, 20)
    producers = admin.describe_producers([one])[one].active_producers
    is_equal([producer.last_sequence for producer in producers], [19])
    is_equal(admin.delete_records({one: 5})[one]["low_watermark"], 5)
    is_equal(admin.list_partition_offsets({one: OffsetSpec.EARLIEST})[one].offset, 5)
    (broker,) = admin.describe_log_dirs({topic: [0, 1, 2, 3]})
    directories = broker["log_dirs"]
    is_equal(sum(len(topics["partitions"]) for directory in directories for topics in directory["topics"]), 4)


def groups():
    group = f"{topic}-group"
    one = TopicPartition(topic, 1)
    consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap_servers, group_id=group, enable_auto_commit=False)
    while len(consumer.assignment()) < 4:
        consumer.poll(timeout_ms=100)
    consumer.commit({one: OffsetAndMetadata(7, "here", -1)})
    is_equal(group in [listed["group_id"] for listed in admin.list_groups()], True)
    described = admin.describe_groups([group])[group]
    is_equal((described["group_state"], len(described["members"])), ("Stable", 1))
    is_equal(admin.delete_group_offsets(group, [one])[one], GroupSubscribedToTopicError)
    is_equal(admin.delete_groups([group])[group], NonEmptyGroupError.__name__)
    consumer.close()
    committed = admin.list_group_offsets({group: None})[group][one]
    is_equal((committed.offset, committed.metadata), (7, "here"))
    admin.alter_group_offsets(group, {one: OffsetAndMetadata(9, "there", -1)})
    is_equal(admin.list_group_offsets({group: [one]})[group][one].offset, 9)
    admin.delete_group_offsets(group, [one])
    is_equal(one in admin.list_group_offsets({group: None})[group], False)
    admin.delete_groups([group])
    is_equal(group in [listed["group_id"] for listed in admin.list_groups()], False)


def deletion():
    admin.delete_topics([topic])
    is_equal(topic in admin.list_topics(), False)


for name, step in {
    "topics": topics,
    "cluster": cluster,
    "configs": configs,
    "offsets and records": offsets_and_records,
    "groups": groups,
    "deletion": deletion,
}.items():
    step()
    print(f"ok {name}")
admin.close()
