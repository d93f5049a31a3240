// Writes record batches with Apache Kafka's own builder, and says what its own reader finds in given ones.
//   write          one JSON line per case: its bytes and what they hold
//   read           for lines "name hex" on standard input, the same JSON lines
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

public class RecordVectors {
  static final long T0 = 1_700_000_000_000L;
  static final Header[] NONE = new Header[0];
  static final int LONG_VALUE = 256;

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("write")) {
      for (CompressionType type : CompressionType.values()) writeCodec(type);
      writeControl();
    } else {
      BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        String[] parts = line.split(" ");
        print(parts[0], HexFormat.of().parseHex(parts[1]), false);
      }
    }
  }

  /** What a batch is made with, apart from its records. */
  static class Spec {
    long baseOffset = 0;
    long appendTime = -1;
    long producerId = -1;
    short epoch = -1;
    int sequence = -1;
    boolean transactional = false;
    int leaderEpoch = -1;
    long deleteHorizon = -1;
  }

  interface Body {
    void append(MemoryRecordsBuilder builder) throws Exception;
  }

  static byte[] build(CompressionType type, Spec spec, Body body) throws Exception {
    TimestampType time = spec.appendTime < 0 ? TimestampType.CREATE_TIME : TimestampType.LOG_APPEND_TIME;
    MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
        new ByteBufferOutputStream(1024), (byte) 2, Compression.of(type).build(), time, spec.baseOffset,
        spec.appendTime, spec.producerId, spec.epoch, spec.sequence, spec.transactional, false, spec.leaderEpoch,
        Integer.MAX_VALUE, spec.deleteHorizon);
    body.append(builder);
    return bytes(builder.build());
  }

  static void writeCodec(CompressionType type) throws Exception {
    String codec = type.name;
    print(codec + "/one", build(type, new Spec(), b -> b.append(T0, utf8("key"), utf8("value"))), true);
    print(codec + "/nulls", build(type, new Spec(), b -> {
      b.append(T0, (byte[]) null, utf8("no key"));
      b.append(T0 + 1, utf8("no value"), (byte[]) null);
      b.append(T0 + 2, (byte[]) null, (byte[]) null);
      b.append(T0 + 3, new byte[0], new byte[0]);
    }), true);
    print(codec + "/headers", build(type, new Spec(), b -> {
      b.append(T0, utf8("k"), utf8("v"), headers("a", "1", "b", null, "a", "2", "", ""));
      b.append(T0, utf8("k"), utf8("v"), NONE);
      b.append(T0, null, utf8("Grüße 🚀"), headers("Schlüssel-🔑", "Wert-ß"));
    }), true);
    print(codec + "/timestamps", build(type, new Spec(), b -> {
      for (long delta : new long[] {0, -1, 63, 64, -64, -65, 8191, 8192, 1L << 30, -(1L << 31), 1L << 40, -T0, 1L << 51})
        b.append(T0 + delta, utf8("k"), utf8("t"));
    }), true);
    print(codec + "/no-timestamp", build(type, new Spec(), b -> b.append(-1L, utf8("k"), utf8("t"))), true);
    Spec appendTime = new Spec();
    appendTime.appendTime = T0 + 777;
    appendTime.baseOffset = 5_000_000_000L;
    appendTime.leaderEpoch = 9;
    print(codec + "/log-append-time", build(type, appendTime, b -> {
      for (int i = 0; i < 5; i++) b.append(T0 + i, utf8("k" + i), utf8("v" + i));
    }), true);
    Spec idempotent = new Spec();
    idempotent.producerId = 4_294_967_299L;
    idempotent.epoch = 7;
    idempotent.sequence = Integer.MAX_VALUE - 1;
    print(codec + "/idempotent", build(type, idempotent, b -> {
      for (int i = 0; i < 5; i++) b.append(T0 + i, utf8("k" + i), utf8("v" + i));
    }), true);
    Spec transactional = new Spec();
    transactional.producerId = 12;
    transactional.epoch = 0;
    transactional.sequence = 0;
    transactional.transactional = true;
    print(codec + "/transactional", build(type, transactional, b -> b.append(T0, utf8("k"), utf8("in a transaction"))), true);
    Spec horizon = new Spec();
    horizon.deleteHorizon = T0 + 86_400_000;
    horizon.baseOffset = 100;
    print(codec + "/delete-horizon-and-gaps", build(type, horizon, b -> {
      b.appendWithOffset(103, T0, utf8("k"), (byte[]) null);
      b.appendWithOffset(250, T0 + 5, utf8("k2"), (byte[]) null);
      b.appendWithOffset(40_000, T0 + 2, utf8("k3"), utf8("v"));
    }), true);
    print(codec + "/many", build(type, new Spec(), b -> {
      for (int i = 0; i < 120; i++) b.append(T0 + i, utf8("airport-" + i % 7), utf8("{\"flight\":" + i + ",\"delay\":" + i * 37 % 91 + "}"));
    }), true);
    if (type == CompressionType.NONE) {
      print(codec + "/two-batches", concat(
          build(type, new Spec(), b -> b.append(T0, utf8("k"), utf8("first"))),
          build(type, appendTime, b -> b.append(T0, utf8("k"), utf8("second")))), true);
      return;
    }
    // Over the 32 KiB of a snappy block, the 64 KiB of an lz4 block and the 128 KiB of a zstd block.
    print(codec + "/large", build(type, new Spec(), b -> {
      for (int i = 0; i < 30; i++) b.append(T0 + i, utf8("k" + i), utf8(("large value " + i + " ").repeat(600)));
    }), true);
    print(codec + "/incompressible", build(type, new Spec(), b -> {
      byte[] noise = new byte[3_000];
      new Random(42).nextBytes(noise);
      b.append(T0, utf8("noise"), noise);
      b.append(T0, utf8("zeros"), new byte[300_000]);
    }), true);
  }

  static void writeControl() throws Exception {
    for (ControlRecordType type : new ControlRecordType[] {ControlRecordType.COMMIT, ControlRecordType.ABORT})
      print("control/" + type.name().toLowerCase(), bytes(MemoryRecords.withEndTransactionMarker(
          77, T0, 3, 4242, (short) 5, new EndTransactionMarker(type, 17))), true);
    print("control/leader-change", bytes(MemoryRecords.withLeaderChangeMessage(
        9, T0, 2, ByteBuffer.allocate(256), new LeaderChangeMessage().setLeaderId(1))), true);
  }

  static void print(String name, byte[] bytes, boolean withBytes) throws Exception {
    List<String> batches = new ArrayList<>();
    for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
      batch.ensureValid();
      List<String> records = new ArrayList<>();
      for (Record record : batch) records.add(record(record));
      batches.add(object(
          "codec", quote(batch.compressionType().name), "sizeBytes", "" + batch.sizeInBytes(), "crc", "" + batch.checksum(),
          "baseOffset", "" + batch.baseOffset(), "lastOffset", "" + batch.lastOffset(),
          "partitionLeaderEpoch", "" + batch.partitionLeaderEpoch(), "timestampType", quote(batch.timestampType().name),
          "maxTimestamp", "" + batch.maxTimestamp(), "producerId", "" + batch.producerId(),
          "producerEpoch", "" + batch.producerEpoch(), "baseSequence", "" + batch.baseSequence(),
          "lastSequence", "" + batch.lastSequence(), "isTransactional", "" + batch.isTransactional(),
          "isControl", "" + batch.isControlBatch(),
          "deleteHorizonMs", batch.deleteHorizonMs().isPresent() ? "" + batch.deleteHorizonMs().getAsLong() : "null",
          "recordCount", "" + batch.countOrNull(), "records", array(records)));
    }
    List<String> fields = new ArrayList<>(List.of("name", quote(name)));
    if (withBytes) fields.addAll(List.of("hex", quote(HexFormat.of().formatHex(bytes))));
    fields.addAll(List.of("batches", array(batches)));
    System.out.println(object(fields.toArray(new String[0])));
  }

  static String record(Record record) throws Exception {
    List<String> headers = new ArrayList<>();
    for (Header header : record.headers())
      headers.add(array(List.of(hex(header.key().getBytes(StandardCharsets.UTF_8)), hex(header.value()))));
    return object("offset", "" + record.offset(), "timestamp", "" + record.timestamp(),
        "key", hex(toArray(record.key())), "value", hex(toArray(record.value())), "headers", array(headers));
  }

  /** Bytes as hex; long ones as their length and SHA-256. */
  static String hex(byte[] bytes) throws Exception {
    if (bytes == null) return "null";
    if (bytes.length <= LONG_VALUE) return quote(HexFormat.of().formatHex(bytes));
    return quote(bytes.length + ":" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
  }

  static byte[] toArray(ByteBuffer buffer) {
    if (buffer == null) return null;
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  static byte[] bytes(MemoryRecords records) {
    return toArray(records.buffer());
  }

  static byte[] concat(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static Header[] headers(String... keysAndValues) {
    Header[] headers = new Header[keysAndValues.length / 2];
    for (int i = 0; i < headers.length; i++) {
      String value = keysAndValues[2 * i + 1];
      headers[i] = new RecordHeader(keysAndValues[2 * i], value == null ? null : utf8(value));
    }
    return headers;
  }

  static String quote(String text) {
    return "\"" + text + "\"";
  }

  static String array(List<String> parts) {
    return "[" + String.join(",", parts) + "]";
  }

  static String object(String... namesAndValues) {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < namesAndValues.length; i += 2) parts.add(quote(namesAndValues[i]) + ":" + namesAndValues[i + 1]);
    return "{" + String.join(",", parts) + "}";
  }
}
