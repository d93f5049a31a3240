// Groups of Java consumers of both protocols: members come and go, and each partition is read by one of them at a time.
//
// Usage: GroupsOfConsumers <bootstrap servers> <prefix for names>. Prints a line per step; ends with an error when a step fails.
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class GroupsOfConsumers {
  static final int PARTITIONS = 6;
  static final int RECORDS = 600;
  static final AtomicReference<Throwable> failure = new AtomicReference<>();
  static String bootstrapServers;

  public static void main(String[] args) throws Exception {
    bootstrapServers = args[0];
    String prefix = args[1];
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
      consumerProtocol(admin, prefix + "-consumer");
      staticMember(admin, prefix + "-static");
      regex(admin, prefix + "-regex");
      conversion(admin, prefix + "-conversion");
    }
    System.out.println("done");
  }

  /** Members of the consumer protocol join and leave; what they read and committed is whole. */
  static void consumerProtocol(Admin admin, String name) throws Exception {
    create(admin, name, PARTITIONS);
    Ownership ownership = new Ownership();
    Member a = new Member("a", ownership, name, "consumer").topic(name).start();
    await("one member has all partitions", () -> a.count() == PARTITIONS);
    Member b = new Member("b", ownership, name, "consumer").topic(name).start();
    await("two members have half each", () -> a.count() == 3 && b.count() == 3);
    produce(name);
    Member c = new Member("c", ownership, name, "consumer").topic(name).start();
    await("three members have a third each", () -> a.count() == 2 && b.count() == 2 && c.count() == 2);
    ConsumerGroupDescription description =
        admin.describeConsumerGroups(List.of(name)).describedGroups().get(name).get();
    check(description.type() == GroupType.CONSUMER, "type " + description.type());
    await("the group is stable", () -> state(admin, name) == GroupState.STABLE);
    check(description.members().size() == 3, "members " + description.members());
    check(description.partitionAssignor().equals("uniform"), "assignor " + description.partitionAssignor());
    boolean listed = admin.listGroups(ListGroupsOptions.forConsumerGroups().withTypes(Set.of(GroupType.CONSUMER)))
        .all().get().stream().anyMatch(group -> group.groupId().equals(name));
    check(listed, "the group is not listed as a consumer group");
    expectFailure(GroupNotEmptyException.class, () -> admin.deleteConsumerGroups(List.of(name)).all().get());
    expectFailure(GroupSubscribedToTopicException.class, () -> admin
        .deleteConsumerGroupOffsets(name, Set.of(new TopicPartition(name, 0))).all().get());
    a.stop();
    await("the two that stay have half each", () -> b.count() == 3 && c.count() == 3);
    admin.createPartitions(Map.of(name, NewPartitions.increaseTo(PARTITIONS + 2))).all().whenComplete((ok, error) -> {
      if (error != null) System.out.println("partitions cannot be added here: " + error.getMessage());
    }).toCompletionStage().toCompletableFuture().handle((ok, error) -> ok).get();
    int partitions = admin.describeTopics(List.of(name)).allTopicNames().get().get(name).partitions().size();
    await(partitions + " partitions are all read", () -> b.count() + c.count() == partitions);
    await("every record is read", () -> ownership.records() >= RECORDS);
    b.stop();
    c.stop();
    long committed = admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata().get().values().stream()
        .mapToLong(offset -> offset.offset()).sum();
    check(committed == RECORDS, "committed " + committed);
    check(ownership.records() == RECORDS, "read " + ownership.records() + " records");
    check(state(admin, name) == GroupState.EMPTY, "the group is not empty");
    admin.deleteConsumerGroups(List.of(name)).all().get();
    System.out.println("ok   members of the consumer protocol come and go");
  }

  /** A static member that restarts gets its partitions back, and nobody else moves. */
  static void staticMember(Admin admin, String name) throws Exception {
    create(admin, name, PARTITIONS);
    Ownership ownership = new Ownership();
    Member a = new Member("a", ownership, name, "consumer").topic(name).instance("i").start();
    Member b = new Member("b", ownership, name, "consumer").topic(name).start();
    await("both have half", () -> a.count() == 3 && b.count() == 3);
    Set<TopicPartition> before = a.partitions();
    int rebalances = b.rebalances;
    a.stop();
    Member again = new Member("a", ownership, name, "consumer").topic(name).instance("i").start();
    await("the instance has what it had", () -> again.partitions().equals(before));
    check(b.rebalances == rebalances, "the other member was rebalanced");
    again.stop();
    b.stop();
    System.out.println("ok   a static member restarts");
  }

  /** Topics by regular expression, those that come later too. */
  static void regex(Admin admin, String name) throws Exception {
    create(admin, name + "-1", 2);
    Ownership ownership = new Ownership();
    Member a = new Member("a", ownership, name, "consumer").pattern(name + "-[0-9]+").start();
    await("the topic that matches is read", () -> a.count() == 2);
    create(admin, name + "-2", 2);
    create(admin, name + "-other", 2);
    await("a topic that comes later is read too", () -> a.count() == 4);
    a.stop();
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(properties(name + "-bad", "consumer"))) {
      consumer.subscribe(new SubscriptionPattern("("));
      expectFailure(InvalidRegularExpression.class, () -> {
        for (int round = 0; round < 100; round++) consumer.poll(Duration.ofMillis(100));
      });
    }
    System.out.println("ok   subscription by regular expression");
  }

  /** A group of classic consumers is taken over online, and goes back. */
  static void conversion(Admin admin, String name) throws Exception {
    create(admin, name, PARTITIONS);
    produce(name);
    Ownership ownership = new Ownership();
    Member classic = new Member("classic", ownership, name, "classic").topic(name).start();
    await("the classic member has all", () -> classic.count() == PARTITIONS);
    await("it reads every record", () -> ownership.records() == RECORDS);
    check(type(admin, name) == GroupType.CLASSIC, "not a classic group");
    Member modern = new Member("modern", ownership, name, "consumer").topic(name).start();
    await("both have half", () -> classic.count() == 3 && modern.count() == 3);
    check(type(admin, name) == GroupType.CONSUMER, "not upgraded");
    Member second = new Member("second", ownership, name, "classic").topic(name).start();
    await("three have a third each", () -> classic.count() == 2 && modern.count() == 2 && second.count() == 2);
    modern.stop();
    await("the classic members have half each", () -> classic.count() == 3 && second.count() == 3);
    await("the group is a classic one again", () -> type(admin, name) == GroupType.CLASSIC);
    produce(name);
    await("every new record is read", () -> ownership.records() == 2 * RECORDS);
    classic.stop();
    second.stop();
    Member last = new Member("last", ownership, name, "consumer").topic(name).start();
    await("an empty classic group becomes a consumer group", () -> last.count() == PARTITIONS);
    last.stop();
    System.out.println("ok   online upgrade and downgrade");
  }

  static GroupState state(Admin admin, String group) {
    try {
      return admin.describeConsumerGroups(List.of(group)).describedGroups().get(group).get().groupState();
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  static GroupType type(Admin admin, String group) {
    try {
      return admin.describeConsumerGroups(List.of(group)).describedGroups().get(group).get().type();
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  static void create(Admin admin, String topic, int partitions) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
  }

  static void produce(String topic) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrapServers);
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
      for (int index = 0; index < RECORDS; index++)
        producer.send(new ProducerRecord<>(topic, index % PARTITIONS, "k" + index, "v" + index));
    }
  }

  interface Step {
    void run() throws Exception;
  }

  static void expectFailure(Class<? extends Throwable> expected, Step step) throws Exception {
    try {
      step.run();
    } catch (ExecutionException error) {
      check(expected.isInstance(error.getCause()), "failed with " + error.getCause());
      return;
    } catch (Exception error) {
      check(expected.isInstance(error), "failed with " + error);
      return;
    }
    throw new IllegalStateException("did not fail with " + expected.getSimpleName());
  }

  static void check(boolean holds, String what) {
    if (failure.get() != null) throw new IllegalStateException(failure.get());
    if (!holds) throw new IllegalStateException(what);
  }

  static void await(String what, BooleanSupplier holds) throws InterruptedException {
    long started = System.nanoTime();
    while (!holds.getAsBoolean()) {
      check(System.nanoTime() - started < 60_000_000_000L, "after 60 s it is not so that " + what);
      Thread.sleep(50);
    }
    System.out.printf("     %s (%d ms)%n", what, (System.nanoTime() - started) / 1_000_000);
  }

  static Properties properties(String group, String protocol) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrapServers);
    properties.put("group.id", group);
    properties.put("group.protocol", protocol);
    properties.put("auto.offset.reset", "earliest");
    properties.put("metadata.max.age.ms", "1000");
    properties.put("key.deserializer", StringDeserializer.class.getName());
    properties.put("value.deserializer", StringDeserializer.class.getName());
    if (protocol.equals("classic")) {
      properties.put("session.timeout.ms", "6000");
      properties.put("heartbeat.interval.ms", "500");
    }
    return properties;
  }

  /** Who reads what; two owners of one partition are a failure. */
  static class Ownership {
    final Map<TopicPartition, String> owners = new ConcurrentHashMap<>();
    final Set<String> seen = ConcurrentHashMap.newKeySet();

    void take(String member, Collection<TopicPartition> partitions) {
      for (TopicPartition partition : partitions) {
        String other = owners.putIfAbsent(partition, member);
        if (other != null)
          failure.compareAndSet(null, new IllegalStateException(partition + " is of " + other + " and " + member));
      }
    }

    void give(String member, Collection<TopicPartition> partitions) {
      for (TopicPartition partition : partitions) owners.remove(partition, member);
    }

    int records() {
      return seen.size();
    }
  }

  static class Member implements ConsumerRebalanceListener {
    final String name;
    final Ownership ownership;
    final Properties properties;
    final Set<TopicPartition> assigned = ConcurrentHashMap.newKeySet();
    volatile int rebalances;
    volatile boolean stopping;
    String topic;
    String pattern;
    Thread thread;

    Member(String name, Ownership ownership, String group, String protocol) {
      this.name = name;
      this.ownership = ownership;
      this.properties = properties(group, protocol);
    }

    Member topic(String topic) {
      this.topic = topic;
      return this;
    }

    Member pattern(String pattern) {
      this.pattern = pattern;
      return this;
    }

    Member instance(String id) {
      properties.put("group.instance.id", id);
      return this;
    }

    Member start() {
      thread = new Thread(this::run, name);
      thread.setDaemon(true);
      thread.start();
      return this;
    }

    void stop() throws InterruptedException {
      stopping = true;
      thread.join(30_000);
      check(!thread.isAlive(), name + " does not stop");
    }

    int count() {
      return assigned.size();
    }

    Set<TopicPartition> partitions() {
      Set<TopicPartition> partitions = new TreeSet<>((one, other) -> one.toString().compareTo(other.toString()));
      partitions.addAll(assigned);
      return partitions;
    }

    void run() {
      try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(properties)) {
        if (pattern == null) consumer.subscribe(List.of(topic), this);
        else consumer.subscribe(new SubscriptionPattern(pattern), this);
        while (!stopping) {
          consumer.poll(Duration.ofMillis(100)).forEach(record -> {
            if (!assigned.contains(new TopicPartition(record.topic(), record.partition())))
              failure.compareAndSet(null, new IllegalStateException(name + " reads what it does not have"));
            if (!ownership.seen.add(record.partition() + "/" + record.offset()))
              failure.compareAndSet(null, new IllegalStateException(name + " reads a record again"));
          });
          consumer.commitSync();
        }
      } catch (Throwable error) {
        failure.compareAndSet(null, error);
      }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      ownership.take(name, partitions);
      assigned.addAll(partitions);
      rebalances++;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      assigned.removeAll(partitions);
      ownership.give(name, partitions);
      rebalances++;
    }
  }
}
