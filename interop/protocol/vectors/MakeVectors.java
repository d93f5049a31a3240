// Decides the golden vectors: seeded values of each message in each version, with the bytes that Apache's serializers make of them.
// The values are drawn along Apache's own Schema of the version, so nothing here knows our schemas.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.server.common.ApiMessageAndVersion;

public final class MakeVectors {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final HexFormat HEX = HexFormat.of();
  private static final String[] PACKAGES = {
    "org.apache.kafka.common.message.",
    "org.apache.kafka.coordinator.group.generated.",
    "org.apache.kafka.coordinator.transaction.generated.",
    "org.apache.kafka.common.metadata."
  };
  private static final String[] TEXTS = {
    "", "a", "orders", "großer-Fluß", "流れ", "naïve 🦊", "x".repeat(41), "x".repeat(42), "y".repeat(43), "z".repeat(127)
  };

  /** How rich a value is: everything empty, null or default; one of each; anything. */
  private enum Style { EMPTY, FULL, RANDOM }

  public static void main(String[] names) throws Exception {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String name : names) {
      Class<?> type = classOf(name);
      short first = type.getField("LOWEST_SUPPORTED_VERSION").getShort(null);
      short last = type.getField("HIGHEST_SUPPORTED_VERSION").getShort(null);
      Schema[] schemas = (Schema[]) type.getField("SCHEMAS").get(null);
      for (short version = first; version <= last; version++) {
        for (Style style : Style.values()) {
          Random random = new Random((name + version + style).hashCode());
          out.println(vector(type, name, version, schemas[version], style, random));
        }
      }
    }
    out.flush();
  }

  private static Class<?> classOf(String name) {
    for (String each : PACKAGES) {
      for (String suffix : new String[] {"Data", ""}) {
        try {
          return Class.forName(each + name + suffix);
        } catch (ClassNotFoundException absent) {
          // the next place
        }
      }
    }
    throw new IllegalArgumentException(name + " is not in these jars");
  }

  private static String vector(
      Class<?> type, String name, short version, Schema schema, Style style, Random random) throws Exception {
    Class<?> converter = Class.forName(type.getName() + "JsonConverter");
    JsonNode drawn = draw(schema, style, random);
    Message message =
        (Message) converter.getMethod("read", JsonNode.class, short.class).invoke(null, drawn, version);
    byte[] bytes = bytesOf(message, version);
    Message again = (Message) type.getConstructor().newInstance();
    again.read(new ByteBufferAccessor(ByteBuffer.wrap(bytes)), version);
    if (!again.equals(message)) {
      throw new IllegalStateException(name + " v" + version + " does not read back what it wrote");
    }
    ObjectNode line = NODES.objectNode();
    line.put("message", name).put("version", version);
    Class<?>[] parameters = {type, short.class, boolean.class};
    JsonNode written = (JsonNode) converter.getMethod("write", parameters).invoke(null, message, version, true);
    line.set("value", hexed(written, drawn));
    line.put("bytes", HEX.formatHex(bytes));
    addHead(line, name, message, version, bytes.length, random);
    if (style == Style.FULL && lastIsTags(schema)) {
      message.unknownTaggedFields().add(new RawTaggedField(7777, new byte[] {1, 2, 3}));
      message.unknownTaggedFields().add(new RawTaggedField(70000, new byte[200]));
      line.put("bytesWithUnknownTags", HEX.formatHex(bytesOf(message, version)));
    }
    return JSON.writeValueAsString(line);
  }

  private static byte[] bytesOf(Message message, short version) {
    ObjectSerializationCache cache = new ObjectSerializationCache();
    ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
    message.write(new ByteBufferAccessor(buffer), cache, version);
    if (buffer.hasRemaining()) {
      throw new IllegalStateException("size and write disagree");
    }
    return buffer.array();
  }

  /** What precedes the message where it travels: size and header, an int16 that names a version or a kind, or the frame of a metadata record. */
  private static void addHead(
      ObjectNode line, String name, Message message, short version, int length, Random random) {
    if (name.endsWith("Header")) {
      return;
    }
    if (name.endsWith("Request") || name.endsWith("Response")) {
      ApiKeys api = ApiKeys.forId(((ApiMessage) message).apiKey());
      int correlationId = random.nextInt();
      byte[] header;
      if (name.endsWith("Request")) {
        String clientId = random.nextInt(4) == 0 ? null : TEXTS[random.nextInt(TEXTS.length)];
        RequestHeaderData data =
            new RequestHeaderData()
                .setRequestApiKey(api.id)
                .setRequestApiVersion(version)
                .setCorrelationId(correlationId)
                .setClientId(clientId);
        header = bytesOf(data, api.requestHeaderVersion(version));
        line.put("clientId", clientId);
      } else {
        header = bytesOf(new ResponseHeaderData().setCorrelationId(correlationId), api.responseHeaderVersion(version));
      }
      line.put("correlationId", correlationId);
      ByteBuffer head = ByteBuffer.allocate(4 + header.length).putInt(header.length + length).put(header);
      line.put("head", HEX.formatHex(head.array()));
    } else if (name.endsWith("Record")) {
      MetadataRecordSerde serde = MetadataRecordSerde.INSTANCE;
      ApiMessageAndVersion record = new ApiMessageAndVersion((ApiMessage) message, version);
      ObjectSerializationCache cache = new ObjectSerializationCache();
      ByteBuffer framed = ByteBuffer.allocate(serde.recordSize(record, cache));
      serde.write(record, cache, new ByteBufferAccessor(framed));
      line.put("head", HEX.formatHex(framed.array(), 0, framed.capacity() - length));
    } else {
      boolean isKey = name.endsWith("Key");
      short prefix = isKey ? ((ApiMessage) message).apiKey() : version;
      line.put("head", HEX.formatHex(ByteBuffer.allocate(2).putShort(prefix).array()));
    }
  }

  private static boolean lastIsTags(Schema schema) {
    BoundField[] fields = schema.fields();
    return fields.length > 0 && fields[fields.length - 1].def.type instanceof TaggedFields;
  }

  private static JsonNode draw(Type type, Style style, Random random) {
    boolean mayBeNull = type.isNullable();
    if (mayBeNull && (style == Style.EMPTY || (style == Style.RANDOM && random.nextInt(3) == 0))) {
      return NODES.nullNode();
    }
    if (type instanceof Schema schema) {
      return drawStruct(schema, style, random);
    }
    if (type.isArray()) {
      ArrayNode array = NODES.arrayNode();
      int count = style == Style.EMPTY ? 0 : style == Style.FULL ? 1 : random.nextInt(3);
      for (int index = 0; index < count; index++) {
        array.add(draw(type.arrayElementType().orElseThrow(), style, random));
      }
      return array;
    }
    return drawScalar(type.toString(), style, random);
  }

  private static ObjectNode drawStruct(Schema schema, Style style, Random random) {
    ObjectNode node = NODES.objectNode();
    for (BoundField bound : schema.fields()) {
      Field field = bound.def;
      if (field.type instanceof TaggedFields tagged) {
        for (Map.Entry<Integer, Field> each : tagged.fields().entrySet()) {
          if (style == Style.FULL || (style == Style.RANDOM && random.nextBoolean())) {
            node.set(camelCase(each.getValue().name), draw(each.getValue().type, style, random));
          }
        }
      } else {
        node.set(camelCase(field.name), draw(field.type, style, random));
      }
    }
    return node;
  }

  private static JsonNode drawScalar(String type, Style style, Random random) {
    boolean empty = style == Style.EMPTY;
    switch (type.replace("COMPACT_", "").replace("NULLABLE_", "")) {
      case "BOOLEAN":
        return NODES.booleanNode(!empty && random.nextBoolean());
      case "INT8":
        return NODES.numberNode(empty ? 0 : (byte) pick(random, -128, 127));
      case "INT16":
        return NODES.numberNode(empty ? 0 : (short) pick(random, -32768, 32767));
      case "UINT16":
        return NODES.numberNode(empty ? 0 : (int) pick(random, 0, 65535));
      case "INT32":
        return NODES.numberNode(empty ? 0 : (int) pick(random, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case "UINT32":
        return NODES.numberNode(empty ? 0 : pick(random, 0, 4294967295L));
      case "INT64":
        long safe = (1L << 53) - 1;
        return NODES.numberNode(empty ? 0 : random.nextInt(8) == 0 ? Long.MAX_VALUE : pick(random, -safe, safe));
      case "FLOAT64":
        return NODES.numberNode(empty ? 0.0 : random.nextDouble() * 1e9);
      case "UUID":
        return NODES.textNode((empty ? Uuid.ZERO_UUID : new Uuid(random.nextLong(), random.nextLong())).toString());
      case "STRING":
        return NODES.textNode(empty ? "" : TEXTS[random.nextInt(TEXTS.length)]);
      case "BYTES":
      case "RECORDS":
        byte[] content = new byte[empty ? 0 : new int[] {1, 20, 126, 127, 128, 200}[random.nextInt(6)]];
        random.nextBytes(content);
        return NODES.binaryNode(content);
      default:
        throw new IllegalArgumentException("no values for the type " + type);
    }
  }

  /** The ends of a range and what lies between. */
  private static long pick(Random random, long lowest, long highest) {
    switch (random.nextInt(6)) {
      case 0:
        return lowest;
      case 1:
        return highest;
      case 2:
        return 0;
      default:
        return lowest + (long) (random.nextDouble() * ((double) highest - (double) lowest));
    }
  }

  /** Bytes as hex. Apache's converter writes every records field as empty bytes, so bytes are taken from what was drawn. */
  private static JsonNode hexed(JsonNode written, JsonNode drawn) {
    if (written instanceof BinaryNode) {
      return TextNode.valueOf(HEX.formatHex(((BinaryNode) drawn).binaryValue()));
    }
    if (written instanceof ObjectNode object) {
      object.properties().forEach(entry -> entry.setValue(hexed(entry.getValue(), drawn.get(entry.getKey()))));
    } else if (written instanceof ArrayNode array) {
      for (int index = 0; index < array.size(); index++) {
        array.set(index, hexed(array.get(index), drawn.get(index)));
      }
    }
    return written;
  }

  private static String camelCase(String snakeCase) {
    String[] words = snakeCase.split("_");
    StringBuilder text = new StringBuilder(words[0]);
    for (String word : Arrays.asList(words).subList(1, words.length)) {
      text.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
    }
    return text.toString();
  }
}
