using System.Buffers.Binary;
using Google.Protobuf;

namespace Mesh.Kafka;

/// <summary>
/// Confluent's wire format for Protobuf: magic 0, schema id (32 bits, big-endian), message indexes (count, then values, as zig-zag
/// varints; the path [0] as the single byte 0), message.
/// </summary>
internal static class WireFormat
{
    private const byte Magic = 0;
    private const int HeaderBytes = 1 + sizeof(int);

    /// <summary>Deepest nesting of message types that is read.</summary>
    private const int MaxIndexes = 16;

    public static byte[] EncodeIndex(IReadOnlyList<int> path)
    {
        if (path is [0]) return [0];
        List<byte> bytes = [];
        WriteZigZag(bytes, path.Count);
        foreach (int index in path) WriteZigZag(bytes, index);
        return [.. bytes];
    }

    public static byte[] Write(int schemaId, EventSchema schema, IMessage message)
    {
        byte[] value = Prefix(schemaId, schema, message.CalculateSize(), out int start);
        message.WriteTo(value.AsSpan(start));
        return value;
    }

    public static byte[] Write(int schemaId, EventSchema schema, ReadOnlySpan<byte> protobuf)
    {
        byte[] value = Prefix(schemaId, schema, protobuf.Length, out int start);
        protobuf.CopyTo(value.AsSpan(start));
        return value;
    }

    /// <summary>Finds the message in a record's value.</summary>
    /// <returns>Null, or why the value does not hold a message of <paramref name="schema"/>.</returns>
    public static string? Locate(ReadOnlySpan<byte> value, EventSchema schema, out int start)
    {
        start = 0;
        if (value.Length <= HeaderBytes) return $"{value.Length} bytes are too few for the wire format (magic 0, schema id, message index)";
        if (value[0] != Magic) return $"it begins with byte {value[0]}, not with the magic 0 of the schema registry's wire format";
        int position = HeaderBytes;
        if (!TryReadZigZag(value, ref position, out int count)) return "its message index is damaged";

        // Confluent's Python client before 1.8.2 writes plain varints: an odd count then reads as a negative one, which nobody else writes.
        bool isPlain = count < 0;
        if (isPlain) count = Plain(count);
        if (count is < 0 or > MaxIndexes) return "its message index is damaged";
        List<int> path = count == 0 ? [0] : [];
        for (int i = 0; i < count; i++)
        {
            if (!TryReadZigZag(value, ref position, out int index)) return "its message index is damaged";
            path.Add(isPlain ? Plain(index) : index);
        }

        byte[] found = EncodeIndex(path);
        if (!found.AsSpan().SequenceEqual(schema.MessageIndex))
        {
            return $"it holds message [{string.Join(',', path)}] of schema {BinaryPrimitives.ReadInt32BigEndian(value[1..])}, not a {schema.FullName}";
        }

        start = position;
        return null;
    }

    /// <summary>The message of a value that was written for <paramref name="schema"/>.</summary>
    public static ReadOnlySpan<byte> MessageOf(byte[] value, EventSchema schema) => value.AsSpan(HeaderBytes + schema.MessageIndex.Length);

    private static byte[] Prefix(int schemaId, EventSchema schema, int messageBytes, out int start)
    {
        start = HeaderBytes + schema.MessageIndex.Length;
        byte[] value = new byte[start + messageBytes];
        value[0] = Magic;
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(1), schemaId);
        schema.MessageIndex.CopyTo(value, HeaderBytes);
        return value;
    }

    private static void WriteZigZag(List<byte> bytes, int number)
    {
        uint rest = (uint)((number << 1) ^ (number >> 31));
        for (; rest >= 0x80; rest >>= 7) bytes.Add((byte)(rest | 0x80));
        bytes.Add((byte)rest);
    }

    /// <summary>What stood there, when it was not zig-zag.</summary>
    private static int Plain(int zigZag) => (zigZag << 1) ^ (zigZag >> 31);

    private static bool TryReadZigZag(ReadOnlySpan<byte> bytes, ref int position, out int number)
    {
        ulong raw = 0;
        number = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            if (position >= bytes.Length) return false;
            byte next = bytes[position++];
            raw |= (ulong)(next & 0x7F) << shift;
            if (next >= 0x80) continue;
            number = (int)((uint)raw >> 1) ^ -(int)(raw & 1);
            return true;
        }

        return false;
    }
}
