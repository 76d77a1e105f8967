using System.Buffers.Binary;
using System.Text;
using Mesh.Columnar;

namespace Mesh.Formats.Tests.Messages;

/// <summary>
/// A random message type of the ROS language with random values, and an encoder of its own that knows nothing of the decoder: what is written here is
/// laid out by the words of the specifications alone.
/// </summary>
internal sealed class RandomMessages(int seed, bool isRos1)
{
    private static readonly string[] Primitives =
        ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "string"];

    private readonly Random random = new(seed);
    private readonly List<Definition> definitions = [];

    /// <param name="Count">-1 for a single value, 0 for a sequence, else the length of an array.</param>
    public sealed record Member(string Name, string Type, int Count, Definition? Nested);

    public sealed record Definition(string Name, List<Member> Members);

    public Definition NewType(int depth = 3)
    {
        var definition = new Definition($"test/T{definitions.Count}", []);
        definitions.Add(definition);
        for (int i = random.Next(1, 7); i > 0; i--)
        {
            var nested = depth > 0 && random.Next(4) == 0 ? NewType(depth - 1) : null;
            int count = random.Next(5) switch { 0 => 0, 1 => random.Next(1, 5), 2 when nested is null && random.Next(5) == 0 => 300, _ => -1 };
            definition.Members.Add(new Member($"f{definition.Members.Count}", nested?.Name ?? Primitives[random.Next(Primitives.Length)], count, nested));
        }

        return definition;
    }

    public string TextOf(Definition root)
    {
        var text = new StringBuilder();
        Add(root);
        foreach (var definition in definitions)
        {
            if (definition == root) continue;
            text.Append("===\nMSG: ").Append(definition.Name).Append('\n');
            Add(definition);
        }

        return text.ToString();

        void Add(Definition definition)
        {
            foreach (var member in definition.Members)
            {
                text.Append(member.Type).Append(member.Count switch { < 0 => "", 0 => "[]", _ => $"[{member.Count}]" }).Append(' ').Append(member.Name).Append('\n');
            }
        }
    }

    /// <summary>Values of a struct in the order of its members; lists are lists.</summary>
    public object[] NewValue(Definition definition) => [.. definition.Members.Select(member => member.Count < 0
        ? Single(member)
        : Enumerable.Range(0, member.Count == 0 ? random.Next(4) : member.Count).Select(_ => Single(member)).ToList())];

    private object Single(Member member) => member.Type switch
    {
        "bool" => random.Next(2) == 1,
        "int8" => (sbyte)random.Next(-128, 128),
        "uint8" => (byte)random.Next(256),
        "int16" => (short)random.Next(-32768, 32768),
        "uint16" => (ushort)random.Next(65536),
        "int32" => random.Next(int.MinValue, int.MaxValue),
        "uint32" => (uint)random.NextInt64(1L << 32),
        "int64" => random.NextInt64(long.MinValue, long.MaxValue),
        "uint64" => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
        "float32" => (float)random.NextDouble(),
        "float64" => random.NextDouble() * 1e6,
        "string" => new string([.. Enumerable.Range(0, random.Next(6)).Select(_ => "abcdé日"[random.Next(6)])]),
        _ => NewValue(member.Nested!),
    };

    public byte[] Encode(Definition root, object[] value, string layout)
    {
        var encoder = new Encoder(layout);
        encoder.Struct(root, value, isRoot: true);
        return [.. encoder.Bytes];
    }

    public bool IsRos1 => isRos1;

    private sealed class Encoder
    {
        private readonly bool isRos1, isBig, isXcdr2, isDelimited;
        private readonly int header;

        public Encoder(string layout)
        {
            isRos1 = layout == "ros1";
            isBig = layout.EndsWith("be", StringComparison.Ordinal);
            isXcdr2 = layout.Contains("cdr2", StringComparison.Ordinal);
            isDelimited = layout.StartsWith("d_", StringComparison.Ordinal);
            if (isRos1) return;
            header = 4;
            int kind = (isDelimited ? 0x08 : isXcdr2 ? 0x06 : 0x00) + (isBig ? 0 : 1);
            Bytes.AddRange([0, (byte)kind, 0, 0]);
        }

        public List<byte> Bytes { get; } = [];

        public void Struct(Definition definition, object[] values, bool isRoot = false)
        {
            int at = isDelimited ? Delimiter() : -1;
            for (int i = 0; i < values.Length; i++) Write(definition.Members[i], values[i]);
            if (isRoot && values.Length == 0) return;
            if (at >= 0) Close(at);
        }

        private void Write(Member member, object value)
        {
            if (member.Count < 0)
            {
                Single(member, value);
                return;
            }

            var items = (List<object>)value;
            int at = isXcdr2 && (member.Nested is not null || member.Type == "string") ? Delimiter() : -1;
            if (member.Count == 0) Number((uint)items.Count, 4);
            foreach (object item in items) Single(member, item);
            if (at >= 0) Close(at);
        }

        private void Single(Member member, object value)
        {
            switch (value)
            {
                case object[] values: Struct(member.Nested!, values); break;
                case string text:
                    byte[] utf8 = Encoding.UTF8.GetBytes(text);
                    Number((ulong)(utf8.Length + (isRos1 ? 0 : 1)), 4);
                    Bytes.AddRange(utf8);
                    if (!isRos1) Bytes.Add(0);
                    break;
                case bool flag: Number(flag ? 1u : 0u, 1); break;
                case sbyte number: Number((ulong)number, 1); break;
                case byte number: Number(number, 1); break;
                case short number: Number((ulong)number, 2); break;
                case ushort number: Number(number, 2); break;
                case int number: Number((ulong)number, 4); break;
                case uint number: Number(number, 4); break;
                case long number: Number((ulong)number, 8); break;
                case ulong number: Number(number, 8); break;
                case float number: Number(BitConverter.SingleToUInt32Bits(number), 4); break;
                case double number: Number(BitConverter.DoubleToUInt64Bits(number), 8); break;
            }
        }

        private int Delimiter()
        {
            Number(0, 4);
            return Bytes.Count;
        }

        private void Close(int at)
        {
            byte[] size = new byte[4];
            if (isBig) BinaryPrimitives.WriteInt32BigEndian(size, Bytes.Count - at);
            else BinaryPrimitives.WriteInt32LittleEndian(size, Bytes.Count - at);
            for (int i = 0; i < 4; i++) Bytes[at - 4 + i] = size[i];
        }

        private void Number(ulong value, int size)
        {
            int alignment = isRos1 ? 1 : Math.Min(size, isXcdr2 ? 4 : 8);
            while ((Bytes.Count - header) % alignment != 0) Bytes.Add(0);
            for (int i = 0; i < size; i++) Bytes.Add((byte)(value >> (8 * (isBig ? size - 1 - i : i))));
        }
    }

    public static void ShouldEqual(Definition definition, object[] values, IReadOnlyList<ColumnVector> columns, int row)
    {
        for (int i = 0; i < values.Length; i++) ShouldEqual(definition.Members[i], values[i], columns[i], row);
    }

    // Shouldly is too slow for millions of values.
    private static void ShouldEqual(Member member, object value, ColumnVector column, int row)
    {
        if (value is List<object> items && member.Type != "uint8")
        {
            if (column.Offsets[row + 1] - column.Offsets[row] != items.Count) Assert.Fail($"{member.Name} should have {items.Count} elements");
            for (int i = 0; i < items.Count; i++) ShouldEqual(member, items[i], column.Children[0], column.Offsets[row] + i);
            return;
        }

        if (value is object[] values)
        {
            ShouldEqual(member.Nested!, values, column.Children, row);
            return;
        }

        bool isEqual = value switch
        {
            List<object> bytes => column.GetBytes(row).SequenceEqual(bytes.Cast<byte>().ToArray()),
            string text => column.GetString(row) == text,
            bool flag => column.GetBoolean(row) == flag,
            float number => column.Values<float>()[row] == number,
            double number => column.Values<double>()[row] == number,
            uint number => column.Values<long>()[row] == number,
            long number => column.Values<long>()[row] == number,
            ulong number => column.Values<Int128>()[row] == number,
            _ => column.Values<int>()[row] == Convert.ToInt32(value, null),
        };
        if (!isEqual) Assert.Fail($"{member.Name} in row {row} should be {value}");
    }
}
