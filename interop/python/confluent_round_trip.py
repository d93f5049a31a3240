"""confluent-kafka: a group of two shares four partitions before a producer sends what standard input holds; what they read is printed.

Usage: confluent_round_trip.py <bootstrap servers> <topic> <compression> <classic | consumer>
"""

import json
import sys
import time

from confluent_kafka import Consumer, Producer

bootstrap_servers, topic, compression, group_protocol = sys.argv[1:]
records = json.load(sys.stdin)
deadline = time.monotonic() + 60


def member():
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": f"{topic}-group",
            "group.protocol": group_protocol,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([topic])
    return consumer


def in_time(missing):
    if time.monotonic() > deadline:
        raise SystemExit(f"after 60 s: {missing}")


members = [member(), member()]
received = []


def take():
    for consumer in members:
        for message in consumer.consume(1000, timeout=0.05):
            if message.error() is not None:
                raise SystemExit(str(message.error()))
            received.append(
                {
                    "partition": message.partition(),
                    "offset": message.offset(),
                    "key": message.key().decode(),
                    "value": message.value().decode(),
                }
            )


while [len(consumer.assignment()) for consumer in members] != [2, 2]:
    in_time("the two members do not share the partitions")
    take()

failures = []
producer = Producer(
    {
        "bootstrap.servers": bootstrap_servers,
        "compression.type": compression,
        "enable.idempotence": True,
        "linger.ms": 20,
    }
)
for record in records:
    producer.produce(
        topic,
        record["value"].encode(),
        record["key"].encode(),
        on_delivery=lambda error, _: failures.append(error) if error is not None else None,
    )
    producer.poll(0)
if producer.flush(30) > 0 or failures:
    raise SystemExit(f"not all records were taken: {failures[:3]}")
while len(received) < len(records):
    in_time(f"received {len(received)} of {len(records)} records")
    take()
for consumer in members:
    consumer.commit(asynchronous=False)
committed = sum(partition.offset for partition in members[0].committed(members[0].assignment(), timeout=10))
committed += sum(partition.offset for partition in members[1].committed(members[1].assignment(), timeout=10))
if committed != len(records):
    raise SystemExit(f"committed {committed} of {len(records)} records")
for consumer in members:
    consumer.close()
for record in received:
    print(json.dumps(record))
