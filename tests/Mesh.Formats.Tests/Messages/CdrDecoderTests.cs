using System.Buffers.Binary;
using Mesh.Columnar;
using Mesh.Formats.Messages;

namespace Mesh.Formats.Tests.Messages;

public sealed class CdrDecoderTests
{
    private const string Imu = """
        std_msgs/Header header
        float64[9] covariance
        uint8[] blob
        Point[] points
        string[] names
        bool[] flags
        uint64 big
        ===
        MSG: test/Point
        int16 kind
        float64 x
        float32[] samples
        """;

    private static byte[] Message(int points = 3)
    {
        var writer = new CdrWriter();
        writer.WriteTime(1_767_600_000_123_456_789);
        writer.Write("imu_link");
        for (int i = 0; i < 9; i++) writer.Write(i * 0.5);
        writer.WriteBytes([9, 8, 7]);
        writer.WriteCount(points);
        for (int i = 0; i < points; i++)
        {
            writer.Write((short)-i);
            writer.Write(i + 0.25);
            writer.WriteCount(2);
            writer.Write(1.5f);
            writer.Write((float)i);
        }

        writer.WriteCount(2);
        writer.Write("");
        writer.Write("é");
        writer.WriteCount(2);
        writer.Write(true);
        writer.Write(false);
        writer.Write(ulong.MaxValue);
        return writer.Written.ToArray();
    }

    [Fact]
    public void Nested_messages_lists_and_text_are_read_where_alignment_puts_them()
    {
        var batch = DecodedRows.One(Imu, Message());

        batch["header"].Children[1].GetString(0).ShouldBe("imu_link");
        batch["header"].Children[0].Children[1].Values<long>()[0].ShouldBe(123_456_789);
        batch["covariance"].Children[0].Values<double>().ToArray().ShouldBe([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
        batch["blob"].GetBytes(0).ToArray().ShouldBe([9, 8, 7]);
        var point = batch["points"].Children[0];
        point.Children[0].Values<int>().ToArray().ShouldBe([0, -1, -2]);
        point.Children[1].Values<double>().ToArray().ShouldBe([0.25, 1.25, 2.25]);
        point.Children[2].Offsets.ToArray().ShouldBe([0, 2, 4, 6]);
        point.Children[2].Children[0].Values<float>().ToArray().ShouldBe([1.5f, 0, 1.5f, 1, 1.5f, 2]);
        batch["names"].Children[0].GetString(1).ShouldBe("é");
        batch["flags"].Children[0].GetBoolean(0).ShouldBeTrue();
        batch["big"].Values<Int128>()[0].ShouldBe(ulong.MaxValue);
    }

    [Fact]
    public void The_header_stamp_is_read_without_decoding_the_rest()
    {
        var decoder = MessageDecoders.Create("cdr", DecodedRows.Ros2("test/msg/Root", Imu));
        byte[] message = Message();
        decoder.TryReadStampNs(message, out long stamp).ShouldBeTrue();
        stamp.ShouldBe(1_767_600_000_123_456_789);
        decoder.TryReadStampNs(message.AsSpan(0, 11), out _).ShouldBeFalse();
        message.AsSpan(4, 8).Clear();
        decoder.TryReadStampNs(message, out _).ShouldBeFalse("zero means not set");
        MessageDecoders.Create("cdr", DecodedRows.Ros2("a/msg/B", "builtin_interfaces/Time t")).TryReadStampNs(Message(), out stamp).ShouldBeTrue();
        MessageDecoders.Create("cdr", DecodedRows.Ros2("a/msg/B", "int32 x\nstd_msgs/Header h")).TryReadStampNs(Message(), out _).ShouldBeFalse();
    }

    [Fact]
    public void Big_endian_payloads_give_the_same_values()
    {
        // header, uint16, padding, sequence of two uint32, float64
        byte[] payload = [0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 0, 0, 2, 0, 0, 0, 5, 0xFF, 0, 0, 0, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0];
        var batch = DecodedRows.One("uint16 a\nuint32[] b\nfloat64 c", payload);
        batch["a"].Values<int>()[0].ShouldBe(0x1234);
        batch["b"].Children[0].Values<long>().ToArray().ShouldBe([5, 0xFF000000]);
        batch["c"].Values<double>()[0].ShouldBe(1.5);
    }

    [Fact]
    public void Plain_cdr2_aligns_eight_byte_values_to_four_and_delimits_lists_of_text()
    {
        byte[] payload = [0, 7, 0, 0, 1, 0, 0, 0, .. BitConverter.GetBytes(2.5), 10, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, (byte)'a', 0];
        var batch = DecodedRows.One("uint8 a\nfloat64 b\nstring[] c", payload);
        batch["b"].Values<double>()[0].ShouldBe(2.5);
        batch["c"].Children[0].GetString(0).ShouldBe("a");
    }

    [Fact]
    public void Empty_sequences_are_not_padded_for_elements_they_lack()
    {
        byte[] payload = [0, 1, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0];
        DecodedRows.One("float64[] a\nint32 b", payload)["b"].Values<int>()[0].ShouldBe(7);
    }

    [Theory]
    [InlineData("00", "MESH10311")]
    [InlineData("0004000001000000", "MESH10312")]
    [InlineData("0003000001000000", "MESH10311")]
    [InlineData("ff01000001000000", "MESH10312")]
    [InlineData("0001000001", "MESH10311")]
    [InlineData("00010000ffffffff00000000", "MESH10311")]
    [InlineData("0001000003000000610000", "MESH10311")]
    [InlineData("0001000002000000ff00000001000000", "MESH10314")]
    [InlineData("00010000060000006162636465000000", "MESH10313")]
    public void A_payload_that_does_not_match_says_where(string hex, string code)
    {
        var error = Should.Throw<MessageFormatException>(() => DecodedRows.One("string<=4 a\nuint32 b", Convert.FromHexString(hex)));
        error.Code.ShouldBe(code);
    }

    [Fact]
    public void A_claimed_length_is_refused_before_anything_is_allocated_for_it()
    {
        byte[] payload = [0, 1, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 1, 2, 3, 4];
        foreach (string schema in (string[])["float64[] a", "string[] a", "Point[] a\n===\nMSG: test/Point\nfloat64 x", "float64[2000000000] a", "Point[4000000000] a\n===\nMSG: test/Point\nPoint2[4000000000] p\n===\nMSG: test/Point2\nuint64 x"])
        {
            var rows = DecodedRows.ForRos2(schema);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Should.Throw<MessageFormatException>(() => rows.Add(payload)).Code.ShouldBe("MESH10311");
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
        }

        Should.Throw<MessageFormatException>(() => DecodedRows.One("uint8[<=2] a", [0, 1, 0, 0, 3, 0, 0, 0, 1, 2, 3])).Code.ShouldBe("MESH10313");
    }

    [Fact]
    public void Trailing_bytes_and_missing_terminators_are_tolerated()
    {
        byte[] payload = [0, 1, 0, 2, 1, 0, 0, 0, (byte)'a', 0xAA, 0xBB];
        DecodedRows.One("string a", payload)["a"].GetString(0).ShouldBe("a");
    }

    [Fact]
    public void A_malformed_message_leaves_no_trace()
    {
        var rows = DecodedRows.ForRos2(Imu);
        rows.Add(Message(2));
        byte[] damaged = Message(5);
        for (int length = 0; length < damaged.Length; length++)
        {
            Should.Throw<MessageFormatException>(() => rows.Add(damaged.AsSpan(0, length)));
        }

        rows.Add(Message(1));
        var twice = rows.Build();
        var clean = DecodedRows.ForRos2(Imu).Add(Message(2)).Add(Message(1)).Build();
        twice.EstimatedBytes.ShouldBe(clean.EstimatedBytes);
        ShouldBeSame(twice.Columns, clean.Columns);

        static void ShouldBeSame(IReadOnlyList<ColumnVector> left, IReadOnlyList<ColumnVector> right)
        {
            for (int i = 0; i < left.Count; i++)
            {
                left[i].Length.ShouldBe(right[i].Length);
                left[i].ValueBytes.ToArray().ShouldBe(right[i].ValueBytes.ToArray());
                left[i].OffsetBytes.ToArray().ShouldBe(right[i].OffsetBytes.ToArray());
                ShouldBeSame(left[i].Children, right[i].Children);
            }
        }
    }

    [Fact]
    public void Mutated_payloads_are_refused_or_read_and_rows_stay_whole()
    {
        var random = new Random(11);
        var rows = DecodedRows.ForRos2(Imu);
        byte[] sound = Message(4);
        int kept = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = [.. sound];
            for (int i = random.Next(1, 5); i > 0; i--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (random.Next(3) == 0) BinaryPrimitives.WriteUInt32LittleEndian(damaged.AsSpan(random.Next(damaged.Length - 4)), (uint)random.Next());
            try
            {
                rows.Add(damaged);
                kept++;
            }
            catch (MessageFormatException)
            {
            }

            rows.Rows.Length.ShouldBe(kept);
        }

        kept.ShouldBeInRange(1, 19_999);
        rows.Build().Length.ShouldBe(kept);
    }

    [Fact]
    public void Decoding_allocates_nothing_but_the_columns_growth()
    {
        var decoder = MessageDecoders.Create("cdr", DecodedRows.Ros2("test/msg/Root", Imu));
        var rows = new StructBuilder(decoder.Type);
        ColumnBuilder[] builders = [.. rows.Children];
        byte[] message = Message();
        for (int i = 0; i < 5000; i++) DecodeOne();
        rows.Truncate(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 4000; i++) DecodeOne();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4000);
        rows.Length.ShouldBe(4000);

        void DecodeOne()
        {
            decoder.Decode(message, builders);
            rows.EndStruct();
        }
    }
}
