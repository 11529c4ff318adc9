import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;

/**
 * Prints what Kafka's own classes make of each message in each version: "name version hex text", text being the
 * message's toString. See regenerate.sh.
 *
 * Each message is filled by reflection, twice: once with a value in every field that the version has, once with null
 * in every field that may be null there and the default elsewhere.
 */
public final class GoldenMessages {
  private static int counter;

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("errors")) {
      for (Errors error : Errors.values()) System.out.println(error.code() + " " + error.name());
      return;
    }
    for (String api : arguments) {
      if (api.endsWith("Header")) {
        print(api);
      } else {
        print(api + "Request");
        print(api + "Response");
      }
    }
  }

  private static void print(String name) throws Exception {
    Class<?> type = Class.forName("org.apache.kafka.common.message." + name + "Data");
    Schema[] schemas = (Schema[]) type.getField("SCHEMAS").get(null);
    ApiMessage sample = (ApiMessage) type.getConstructor().newInstance();
    for (short version = sample.lowestSupportedVersion(); version <= sample.highestSupportedVersion(); version++) {
      for (boolean full : new boolean[] {true, false}) {
        counter = version;
        Object message = type.getConstructor().newInstance();
        fill(message, schemas[version], full, 0);
        ByteBuffer bytes = MessageUtil.toByteBufferAccessor((ApiMessage) message, version).buffer();
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        System.out.println(name + " " + version + " " + HexFormat.of().formatHex(copy) + " " + message);
      }
    }
  }

  private static String plain(String name) {
    return name.replace("_", "").toLowerCase();
  }

  private static Map<String, org.apache.kafka.common.protocol.types.Type> fieldsOf(Schema schema) {
    Map<String, org.apache.kafka.common.protocol.types.Type> fields = new HashMap<>();
    for (var bound : schema.fields()) {
      if (bound.def.type instanceof TaggedFields tagged) {
        tagged.fields().values().forEach(field -> fields.put(plain(field.name), field.type));
      } else {
        fields.put(plain(bound.def.name), bound.def.type);
      }
    }
    return fields;
  }

  private static void fill(Object message, Schema schema, boolean full, int depth) throws Exception {
    var wire = fieldsOf(schema);
    for (Field field : message.getClass().getDeclaredFields()) {
      var type = wire.get(plain(field.getName()));
      if (type == null || Modifier.isStatic(field.getModifiers())) continue;
      field.setAccessible(true);
      if (full) {
        field.set(message, value(field.getType(), field.getGenericType(), type, depth));
      } else if (type.isNullable()) {
        field.set(message, null);
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static Object value(Class<?> type, Type generic, org.apache.kafka.common.protocol.types.Type wire, int depth)
      throws Exception {
    counter++;
    int signed = counter % 3 == 0 ? -counter : counter;
    if (type == boolean.class) return counter % 2 == 0;
    if (type == byte.class) return (byte) signed;
    if (type == short.class) return (short) (signed * 101);
    if (type == int.class) {
      boolean unsigned16 = wire.toString().equals("UINT16");
      return unsigned16 ? 50_000 + counter : signed * 1_000_003;
    }
    if (type == long.class || type == Long.class) return signed * 1_000_000_000_003L;
    if (type == int.class || type == Integer.class) return signed * 1_000_003;
    if (type == double.class) return signed * 1.5;
    if (type == String.class) return counter % 4 == 0 ? "é" + counter : "s" + counter;
    if (type == Uuid.class) return new Uuid(signed * 1_000_000_000_003L, counter);
    if (type == byte[].class) return ("b" + counter).getBytes(StandardCharsets.US_ASCII);
    if (Collection.class.isAssignableFrom(type)) {
      boolean list = type == List.class;
      Collection<Object> values = list ? new ArrayList<>() : (Collection<Object>) type.getConstructor(int.class).newInstance(4);
      Type element = list ? ((ParameterizedType) generic).getActualTypeArguments()[0]
                          : ((ParameterizedType) type.getGenericSuperclass()).getActualTypeArguments()[0];
      for (int i = 0; i < (depth == 0 ? 2 : 1); i++) {
        values.add(value((Class<?>) element, element, wire.arrayElementType().get(), depth + 1));
      }
      return values;
    }
    Object struct = type.getConstructor().newInstance();
    fill(struct, (Schema) wire, true, depth + 1);
    return struct;
  }
}
