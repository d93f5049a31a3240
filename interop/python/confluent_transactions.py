# confluent-kafka (librdkafka): commits, aborts, copies with offsets, and a producer that another one fences. Prints a line per step.
#
# Usage: confluent_transactions.py <bootstrap servers> <prefix for names>
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

servers, prefix = sys.argv[1:3]


def create(*topics):
    admin = AdminClient({"bootstrap.servers": servers})
    for future in admin.create_topics([NewTopic(topic, 1, 1) for topic in topics]).values():
        future.result()


def producer(transactional_id):
    made = Producer({"bootstrap.servers": servers, "transactional.id": transactional_id})
    made.init_transactions(30)
    return made


def consumer(group):
    return Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": group,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )


def read_committed(topic, count):
    reader = consumer(f"{topic}-readers")
    reader.assign([TopicPartition(topic, 0, 0)])
    values = []
    deadline = time.monotonic() + 30
    while len(values) < count and time.monotonic() < deadline:
        message = reader.poll(0.2)
        if message is not None and message.error() is None:
            values.append(message.value().decode())
    # What should not be there would come now.
    extra = reader.poll(0.5)
    if extra is not None and extra.error() is None:
        values.append(extra.value().decode())
    reader.close()
    return values


def ends():
    topic = f"{prefix}-ends"
    create(topic)
    writer = producer(topic)
    expected = []
    for transaction in range(30):
        writer.begin_transaction()
        values = [f"{transaction}/{at}" for at in range(20)]
        for value in values:
            writer.produce(topic, value)
        if transaction % 3 == 1:
            writer.abort_transaction(30)
        else:
            writer.commit_transaction(30)
            expected += values
    assert read_committed(topic, len(expected)) == expected
    print(f"ok 30 transactions, {len(expected)} records of the committed")


def copy():
    source, target, count = f"{prefix}-in", f"{prefix}-out", 300
    create(source, target)
    writer = producer(target)
    writer.begin_transaction()
    for at in range(count):
        writer.produce(source, str(at))
    writer.commit_transaction(30)
    reader = consumer(f"{target}-group")
    reader.subscribe([source])
    done, rounds = 0, 0
    while done < count:
        messages = [each for each in reader.consume(40, 1) if each.error() is None]
        if not messages:
            continue
        writer.begin_transaction()
        for message in messages:
            writer.produce(target, message.value())
        writer.send_offsets_to_transaction(reader.position(reader.assignment()), reader.consumer_group_metadata(), 30)
        rounds += 1
        if rounds % 3 == 2:
            writer.abort_transaction(30)
            for partition in reader.committed(reader.assignment(), 30):
                reader.seek(TopicPartition(partition.topic, partition.partition, max(partition.offset, 0)))
        else:
            writer.commit_transaction(30)
            done += len(messages)
    reader.close()
    assert read_committed(target, count) == [str(at) for at in range(count)]
    print(f"ok {count} records copied in {rounds} transactions")


def fence():
    topic = f"{prefix}-fence"
    create(topic)
    first = producer(topic)
    first.begin_transaction()
    first.produce(topic, "zombie")
    first.flush(30)
    second = producer(topic)
    second.begin_transaction()
    second.produce(topic, "alive")
    second.commit_transaction(30)
    try:
        first.commit_transaction(30)
        raise AssertionError("the zombie commits")
    except KafkaException as error:
        assert error.args[0].code() in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED), error
    assert read_committed(topic, 1) == ["alive"]
    print("ok a zombie is fenced")


ends()
copy()
fence()
