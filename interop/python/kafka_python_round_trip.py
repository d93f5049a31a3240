"""kafka-python: a group of two shares four partitions before a producer sends what standard input holds; what they read is printed.

Usage: kafka_python_round_trip.py <bootstrap servers> <topic> <compression>
"""

import json
import sys
import threading
import time

from kafka import KafkaConsumer, KafkaProducer

bootstrap_servers, topic, compression = sys.argv[1:]
records = json.load(sys.stdin)
deadline = time.monotonic() + 60


class Member(threading.Thread):
    """A consumer of kafka-python may be used by one thread only, so that each has its own."""

    def __init__(self):
        super().__init__(daemon=True)
        self.received = []
        self.share = 0
        self.failure = None
        self.stopping = threading.Event()

    def run(self):
        try:
            consumer = KafkaConsumer(
                topic,
                bootstrap_servers=bootstrap_servers,
                group_id=f"{topic}-group",
                auto_offset_reset="earliest",
                enable_auto_commit=False,
                heartbeat_interval_ms=500,
                session_timeout_ms=10_000,
            )
            while not self.stopping.is_set():
                for batch in consumer.poll(timeout_ms=100).values():
                    for record in batch:
                        place = {"partition": record.partition, "offset": record.offset}
                        text = {"key": record.key.decode(), "value": record.value.decode()}
                        self.received.append({**place, **text})
                self.share = len(consumer.assignment())
            consumer.commit()
            consumer.close()
        except Exception as error:  # The main thread reports it.
            self.failure = error


def until(holds, missing):
    while not holds():
        for member in members:
            if member.failure is not None:
                raise member.failure
        if time.monotonic() > deadline:
            raise SystemExit(f"after 60 s: {missing()}")
        time.sleep(0.02)


members = [Member(), Member()]
for member in members:
    member.start()
until(
    lambda: [member.share for member in members] == [2, 2],
    lambda: "the two members do not share the partitions",
)
producer = KafkaProducer(
    bootstrap_servers=bootstrap_servers,
    compression_type=None if compression == "none" else compression,
    acks="all",
    enable_idempotence=True,
    linger_ms=20,
)
sent = [producer.send(topic, record["value"].encode(), record["key"].encode()) for record in records]
for future in sent:
    future.get(timeout=30)
producer.close()
until(
    lambda: sum(len(member.received) for member in members) >= len(records),
    lambda: f"received {sum(len(member.received) for member in members)} of {len(records)} records",
)
for member in members:
    member.stopping.set()
for member in members:
    member.join(30)
    if member.is_alive() or member.failure is not None:
        raise SystemExit(f"a member did not close: {member.failure}")
    for record in member.received:
        print(json.dumps(record))
