// Java consumers that come and go as they are told on the standard input, and print what happens to them.
//
// Usage: Members <bootstrap servers>. Commands: "start <name> <group> <protocol> <assignor or -> <topic>", "stop <name>", "quit".
// Each printed line is "<milliseconds since 1970> <event> <member> <values>"; events are assigned, revoked, lost, read, committed,
// stopped and failed.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Members {
  public static void main(String[] args) throws Exception {
    Map<String, Member> members = new HashMap<>();
    System.out.println("ready");
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    for (String line = commands.readLine(); line != null && !line.equals("quit"); line = commands.readLine()) {
      String[] words = line.split(" ");
      if (words[0].equals("start")) {
        Member member = new Member(args[0], words);
        members.put(words[1], member);
        member.start();
      } else if (words[0].equals("stop")) {
        members.remove(words[1]).stopping = true;
      }
    }
    System.exit(0);
  }

  static synchronized void tell(String event, String name, String values) {
    System.out.println(System.currentTimeMillis() + " " + event + " " + name + " " + values);
    System.out.flush();
  }

  static class Member extends Thread implements ConsumerRebalanceListener {
    final String name;
    final String topic;
    final Properties properties = new Properties();
    /** What was read and not committed: the offset of the next record to read. */
    final Map<TopicPartition, OffsetAndMetadata> pending = new HashMap<>();
    volatile boolean stopping;
    KafkaConsumer<String, String> consumer;

    Member(String bootstrapServers, String[] words) {
      super(words[1]);
      setDaemon(true);
      name = words[1];
      topic = words[5];
      properties.put("bootstrap.servers", bootstrapServers);
      properties.put("client.id", name);
      properties.put("group.id", words[2]);
      properties.put("group.protocol", words[3]);
      properties.put("auto.offset.reset", "earliest");
      properties.put("enable.auto.commit", "false");
      properties.put("key.deserializer", StringDeserializer.class.getName());
      properties.put("value.deserializer", StringDeserializer.class.getName());
      if (!words[3].equals("classic")) return;
      properties.put("session.timeout.ms", "10000");
      properties.put("heartbeat.interval.ms", "500");
      if (words[4].equals("-")) return;
      properties.put("partition.assignment.strategy", switch (words[4]) {
        case "range" -> "org.apache.kafka.clients.consumer.RangeAssignor";
        case "cooperative-sticky" -> "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";
        default -> throw new IllegalArgumentException(words[4]);
      });
    }

    @Override
    public void run() {
      try {
        consumer = new KafkaConsumer<>(properties);
        consumer.subscribe(List.of(topic), this);
        while (!stopping) {
          take(consumer.poll(Duration.ofMillis(100)));
          commit();
        }
        consumer.close();
        tell("stopped", name, "");
      } catch (Throwable error) {
        tell("failed", name, error.toString().replace('\n', ' '));
      }
    }

    void take(ConsumerRecords<String, String> polled) {
      for (TopicPartition partition : polled.partitions()) {
        List<ConsumerRecord<String, String>> records = polled.records(partition);
        long first = records.get(0).offset();
        long next = records.get(records.size() - 1).offset() + 1;
        if (next - first != records.size()) throw new IllegalStateException(partition + " has a gap behind " + first);
        tell("read", name, partition.partition() + " " + first + " " + next);
        pending.put(partition, new OffsetAndMetadata(next));
      }
    }

    /** What cannot be committed in the middle of a rebalance is committed after the next poll, or not at all. */
    void commit() {
      if (pending.isEmpty()) return;
      try {
        consumer.commitSync(pending);
        pending.forEach((partition, offset) ->
            tell("committed", name, partition.partition() + " " + offset.offset()));
        pending.clear();
      } catch (RebalanceInProgressException error) {
        // Later.
      } catch (CommitFailedException error) {
        pending.clear();
      }
    }

    static String numbers(Collection<TopicPartition> partitions) {
      return partitions.stream().map(partition -> String.valueOf(partition.partition())).collect(Collectors.joining(","));
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      tell("assigned", name, numbers(partitions));
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      commit();
      partitions.forEach(pending::remove);
      tell("revoked", name, numbers(partitions));
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      partitions.forEach(pending::remove);
      tell("lost", name, numbers(partitions));
    }
  }
}
