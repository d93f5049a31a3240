// Java's transactional producers and read_committed consumers: commit, abort, fence, copy with offsets, time out, and what an admin sees and ends.
//
// Usage: TransactionalClients <bootstrap servers> <prefix for names>. Prints a line per step; ends with an error when a step fails.
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class TransactionalClients {
  static String bootstrapServers;

  public static void main(String[] args) throws Exception {
    bootstrapServers = args[0];
    String prefix = args[1];
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
      commitsAndAborts(admin, prefix + "-ends");
      fencing(admin, prefix + "-fence");
      copying(admin, prefix + "-copy");
      administration(admin, prefix + "-admin");
      timeout(admin, prefix + "-timeout");
    }
    System.out.println("done");
  }

  /** Many transactions over several partitions: readers of committed records see those of the committed ones, and get to the end. */
  static void commitsAndAborts(Admin admin, String name) throws Exception {
    create(admin, name, 3);
    List<String> expected = new ArrayList<>();
    try (KafkaProducer<String, String> producer = producer(name, 60_000)) {
      producer.initTransactions();
      for (int transaction = 0; transaction < 60; transaction++) {
        boolean commits = transaction % 3 != 1;
        producer.beginTransaction();
        for (int at = 0; at < 30; at++) {
          String value = transaction + "/" + at;
          producer.send(new ProducerRecord<>(name, at % 3, null, value));
          if (commits) expected.add(value);
        }
        if (commits) producer.commitTransaction();
        else producer.abortTransaction();
      }
    }
    List<String> found = readCommitted(name, 3);
    found.sort(null);
    expected.sort(null);
    check(found.equals(expected), "read " + found.size() + " records, not " + expected.size());
    System.out.println("ok 60 transactions in 3 partitions, " + found.size() + " records of the committed");
  }

  /** A second producer of the name takes over: what the first has open is aborted, and it can do nothing more. */
  static void fencing(Admin admin, String name) throws Exception {
    create(admin, name, 1);
    try (KafkaProducer<String, String> first = producer(name, 60_000);
        KafkaProducer<String, String> second = producer(name, 60_000)) {
      first.initTransactions();
      first.beginTransaction();
      first.send(new ProducerRecord<>(name, "zombie")).get();
      second.initTransactions();
      second.beginTransaction();
      second.send(new ProducerRecord<>(name, "alive"));
      second.commitTransaction();
      check(isFenced(() -> first.commitTransaction()), "the first producer still commits");
    }
    List<String> found = readCommitted(name, 1);
    check(found.equals(List.of("alive")), "read " + found);
    System.out.println("ok a zombie is fenced");
  }

  /** Consume, transform, produce: every third transaction is aborted and its input read again. */
  static void copying(Admin admin, String name) throws Exception {
    int records = 1_000;
    create(admin, name + "-in", 1);
    create(admin, name + "-out", 1);
    try (KafkaProducer<String, String> producer = producer(name + "-input", 60_000)) {
      producer.initTransactions();
      producer.beginTransaction();
      for (int at = 0; at < records; at++) producer.send(new ProducerRecord<>(name + "-in", "" + at));
      producer.commitTransaction();
    }
    TopicPartition input = new TopicPartition(name + "-in", 0);
    int transactions = 0;
    try (KafkaProducer<String, String> producer = producer(name, 60_000);
        KafkaConsumer<String, String> consumer = consumer(name + "-group", 50)) {
      producer.initTransactions();
      consumer.subscribe(List.of(input.topic()));
      for (long position = 0; position < records; ) {
        ConsumerRecords<String, String> polled = consumer.poll(Duration.ofMillis(500));
        if (polled.isEmpty()) continue;
        producer.beginTransaction();
        long next = position;
        for (ConsumerRecord<String, String> record : polled) {
          check(Long.parseLong(record.value()) == next++, "record " + record.value() + " came instead of " + (next - 1));
          producer.send(new ProducerRecord<>(name + "-out", record.value()));
        }
        producer.sendOffsetsToTransaction(
            Map.of(input, new OffsetAndMetadata(consumer.position(input))), consumer.groupMetadata());
        if (transactions++ % 3 == 2) {
          producer.abortTransaction();
          OffsetAndMetadata committed = consumer.committed(Set.of(input)).get(input);
          consumer.seek(input, committed == null ? 0 : committed.offset());
        } else {
          producer.commitTransaction();
          position = next;
        }
      }
    }
    List<String> found = readCommitted(name + "-out", 1);
    check(found.size() == records, "copied " + found.size() + " of " + records);
    for (int at = 0; at < records; at++) check(found.get(at).equals("" + at), "found " + found.get(at) + " at " + at);
    System.out.println("ok " + records + " records copied in " + transactions + " transactions, a third of them aborted");
  }

  /** An admin lists, describes and ends transactions. */
  static void administration(Admin admin, String name) throws Exception {
    create(admin, name, 1);
    try (KafkaProducer<String, String> producer = producer(name, 60_000)) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(name, "open")).get();
      check(
          admin.describeTransactions(List.of(name)).description(name).get().state() == TransactionState.ONGOING,
          "the transaction is not described as ongoing");
      ListTransactionsOptions ongoing =
          new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING)).filterOnTransactionalIdPattern(name);
      check(admin.listTransactions(ongoing).all().get().size() == 1, "the transaction is not listed");
      admin.fenceProducers(List.of(name)).all().get();
      check(isFenced(() -> producer.commitTransaction()), "the fenced producer still commits");
      check(admin.listTransactions(ongoing).all().get().isEmpty(), "the transaction is still listed");
    }
    check(readCommitted(name, 1).isEmpty(), "a record of a fenced transaction is seen");
    System.out.println("ok an admin sees a transaction and fences its producer");
  }

  /** Nobody ends the transaction: the broker does, and its producer learns of it. */
  static void timeout(Admin admin, String name) throws Exception {
    create(admin, name, 1);
    try (KafkaProducer<String, String> late = producer(name, 1_000);
        KafkaProducer<String, String> plain = producer(null, 0)) {
      late.initTransactions();
      late.beginTransaction();
      late.send(new ProducerRecord<>(name, "late")).get();
      plain.send(new ProducerRecord<>(name, "plain")).get();
      long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (!readCommitted(name, 1).equals(List.of("plain"))) {
        check(System.nanoTime() < deadline, "the transaction was not aborted");
        Thread.sleep(500);
      }
      check(
          isFenced(
              () -> {
                late.send(new ProducerRecord<>(name, "later")).get();
                late.commitTransaction();
              }),
          "the producer goes on after its timeout");
    }
    System.out.println("ok a transaction past its timeout is aborted");
  }

  static KafkaProducer<String, String> producer(String transactionalId, int timeoutMs) {
    Map<String, Object> options = new HashMap<>(Map.of("bootstrap.servers", bootstrapServers));
    if (transactionalId != null) {
      options.put("transactional.id", transactionalId);
      options.put("transaction.timeout.ms", timeoutMs);
    }
    return new KafkaProducer<>(options, new StringSerializer(), new StringSerializer());
  }

  static KafkaConsumer<String, String> consumer(String group, int maxPollRecords) {
    Map<String, Object> options = new HashMap<>();
    options.put("bootstrap.servers", bootstrapServers);
    options.put("isolation.level", "read_committed");
    options.put("enable.auto.commit", false);
    options.put("auto.offset.reset", "earliest");
    options.put("max.poll.records", maxPollRecords);
    if (group != null) options.put("group.id", group);
    return new KafkaConsumer<>(options, new StringDeserializer(), new StringDeserializer());
  }

  /** All committed records, up to the last stable offset of each partition. */
  static List<String> readCommitted(String topic, int partitions) {
    List<TopicPartition> all = new ArrayList<>();
    for (int partition = 0; partition < partitions; partition++) all.add(new TopicPartition(topic, partition));
    List<String> values = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer = consumer(null, 500)) {
      consumer.assign(all);
      consumer.seekToBeginning(all);
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (all.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        check(System.nanoTime() < deadline, "the consumer does not get to the end of " + topic);
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) values.add(record.value());
      }
    }
    return values;
  }

  interface Action {
    void run() throws Exception;
  }

  static boolean isFenced(Action action) throws Exception {
    try {
      action.run();
      return false;
    } catch (ExecutionException | KafkaException error) {
      for (Throwable cause = error; cause != null; cause = cause.getCause())
        if (cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException) return true;
      throw error;
    }
  }

  static void create(Admin admin, String topic, int partitions) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
  }

  static void check(boolean holds, String otherwise) {
    if (!holds) throw new AssertionError(otherwise);
  }
}
