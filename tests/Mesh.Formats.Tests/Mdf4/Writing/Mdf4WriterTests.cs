using System.Buffers.Binary;
using System.Text;
using Mesh.Formats.Mdf;
using Mesh.Formats.Mdf4;
using Mesh.Formats.Tests.Mdf3;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf4.Writing;

public sealed class Mdf4WriterTests
{
    private const long Start = 1_700_000_000_123_456_789;

    public static TheoryData<Mdf4Compression, int, int> Ways => new()
    {
        { Mdf4Compression.None, 4 << 20, 1 },
        { Mdf4Compression.Deflate, 4 << 20, 1 },
        { Mdf4Compression.TransposedDeflate, 4 << 20, 2 },
        { Mdf4Compression.None, 500, 1 },
        { Mdf4Compression.Deflate, 500, 3 },
        { Mdf4Compression.TransposedDeflate, 500, 3 },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Records_come_back_bit_for_bit_with_their_layout(Mdf4Compression compression, int blockBytes, int parallelism)
    {
        const int Records = 3000;
        byte[] file = await WriteAsync(new Mdf4WriterOptions { Compression = compression, BlockBytes = blockBytes, Parallelism = parallelism }, async writer =>
        {
            int channel = writer.AddChannel(Channel(Layout));
            for (int i = 0; i < Records; i++) await writer.WriteAsync(channel, At(Start + (i * 10_000_000L)), Payload(i), Token);
        });

        var read = SpecificationMdfReader.Read(file);
        read.StartTimeNs.ShouldBe((ulong)Start);
        read.Version.ShouldBe(410);
        var group = read.Groups.ShouldHaveSingleItem();
        group.Name.ShouldBe("engine");
        group.Comment.ShouldBe("a comment");
        group.Source.ShouldBe("ECU 1");
        group.Cycles.ShouldBe(Records);
        group.Channels.Select(channel => channel.Name).ShouldBe(["t", "speed", "parts", "low", "high", "text", "blob"]);
        group["low"].Parent.ShouldBe(group["parts"]);
        group["high"].Parent.ShouldBe(group["parts"]);
        group["t"].Sync.ShouldBe(1);
        group["speed"].Unit.ShouldBe("km/h");
        group["high"].ConversionType.ShouldBe(7);
        group["text"].Comment.ShouldBe("ü");
        for (int i = 0; i < Records; i++)
        {
            group.Physical(group["t"], i).ShouldBe(i * 0.01);
            group.Physical(group["speed"], i).ShouldBe(i % 5 == 0 ? null : ((i % 1000) * 0.1) - 4);
            group.Raw(group["low"], i).ShouldBe((ulong)(i % 8));
            group.Raw(group["high"], i).ShouldBe((long)((i % 7) - 3));
            group.Raw(group["text"], i).ShouldBe("value " + i);
            ((byte[])group.Raw(group["blob"], i)!).ShouldBe(Blob(i));
        }

        bool hasList = blockBytes == 500;
        read.BlockIds.ContainsKey("DL").ShouldBe(hasList);
        read.BlockIds.ContainsKey("HL").ShouldBe(hasList && compression != Mdf4Compression.None);
        read.BlockIds.ContainsKey("DZ").ShouldBe(compression != Mdf4Compression.None);
        // One text block for equal texts: the unit of two channels.
        Occurrences(file, "km/h\0"u8).ShouldBe(1);
    }

    [Fact]
    public async Task The_file_does_not_depend_on_the_number_of_threads()
    {
        async Task<byte[]> Write(int parallelism) => await WriteAsync(new Mdf4WriterOptions { BlockBytes = 3000, Parallelism = parallelism, Clock = new StoppedClock() }, async writer =>
        {
            int channel = writer.AddChannel(Channel(Layout));
            for (int i = 0; i < 2000; i++) await writer.WriteAsync(channel, At(Start + i), Payload(i), Token);
        });

        byte[] one = await Write(1);
        var read = SpecificationMdfReader.Read(one);
        var other = SpecificationMdfReader.Read(await Write(4));
        other.Groups[0].Records.ShouldBe(read.Groups[0].Records);
        (await Write(4)).Length.ShouldBe(one.Length);
    }

    [Fact]
    public async Task Attachments_properties_and_history_are_in_the_file()
    {
        byte[] content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("attached ", 500)));
        byte[] file = await WriteAsync(new Mdf4WriterOptions(), async writer =>
        {
            await writer.WriteAttachmentAsync(new RecordingAttachment("a.txt", "text/plain", 0, 0, content.Length, 0), content, Token);
            await writer.WriteAttachmentAsync(new RecordingAttachment("empty", "", 0, 0, 0, 0), default, Token);
            await writer.WriteMetadataAsync(new RecordingMetadata("drive <1>", new Dictionary<string, string> { ["driver & co"] = "line 1\nline 2", ["bad"] = "\u0001" }), Token);
        });
        var read = SpecificationMdfReader.Read(file);
        read.Attachments.Select(a => (a.Name, a.MediaType)).ShouldBe([("a.txt", "text/plain"), ("empty", "")]);
        read.Attachments[0].Content.ShouldBe(content);
        read.Properties["drive <1>"].ShouldBe(new Dictionary<string, string> { ["driver & co"] = "line 1\nline 2", ["bad"] = "\uFFFD" });
        file.Length.ShouldBeLessThan(content.Length);
        read.Groups.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_is_never_completed_is_marked_and_holds_the_blocks_written()
    {
        var stream = new MemoryStream();
        await using (var writer = new Mdf4RecordingWriter(stream, new Mdf4WriterOptions { BlockBytes = 500, Parallelism = 1 }))
        {
            int channel = writer.AddChannel(Channel(Layout));
            for (int i = 0; i < 1000; i++) await writer.WriteAsync(channel, At(Start + (i * 10_000_000L)), Payload(i), Token);
        }

        var group = SpecificationMdfReader.ReadUnfinalised(stream.ToArray()).Groups.ShouldHaveSingleItem();
        group.Cycles.ShouldBeInRange(900, 999);
        for (int i = 0; i < group.Cycles; i++) group.Raw(group["low"], i).ShouldBe((ulong)(i % 8));

        var reading = await MdfReading.ReadAsync(stream.ToArray());
        reading.Of(0).Count.ShouldBe((int)group.Cycles);
        reading.Values(0, "text").ShouldBe(Enumerable.Range(0, (int)group.Cycles).Select(i => (object?)("value " + i)));
    }

    [Fact]
    public async Task Groups_with_another_start_keep_raw_times_and_get_another_conversion()
    {
        byte[] file = await WriteAsync(new Mdf4WriterOptions(), async writer =>
        {
            int a = writer.AddChannel(Channel(Layout));
            int b = writer.AddChannel(Channel(Layout) with { Topic = "second" });
            await writer.WriteAsync(a, At(Start + 10_000_000), Payload(1), Token);
            await writer.WriteAsync(b, At(Start + 5_010_000_000), Payload(1), Token);
        });
        var read = SpecificationMdfReader.Read(file);
        read.StartTimeNs.ShouldBe((ulong)Start);
        read.Groups.Select(g => g.Raw(g["t"], 0)).ShouldBe([1UL, 1UL]);
        read.Groups.Select(g => g.Physical(g["t"], 0)!.Value).ShouldBe([0.01, 5.01], 1e-12);
        read.Groups[1].Name.ShouldBe("second");
    }

    [Fact]
    public async Task A_group_without_time_gets_one_and_virtual_channels_keep_their_index()
    {
        var layout = new MdfRecordLayout
        {
            Group = "plain", DataBytes = 2, HasRecordIndex = true,
            Channels =
            [
                new MdfChannelLayout { Name = "n", DataType = MdfDataType.UnsignedLittleEndian, BitCount = 16 },
                new MdfChannelLayout
                {
                    Name = "v", Type = MdfChannelType.VirtualData, DataType = MdfDataType.UnsignedLittleEndian,
                    Conversion = new MdfConversion { Kind = MdfConversionKind.Linear, Values = [100, 2] },
                },
            ],
        };
        byte[] file = await WriteAsync(new Mdf4WriterOptions(), async writer =>
        {
            int channel = writer.AddChannel(Channel(layout));
            await writer.WriteAsync(channel, At(Start), (byte[])[1, 0, 5, 0, 0, 0, 0, 0, 0, 0], Token);
            await writer.WriteAsync(channel, At(Start + 7), (byte[])[2, 0, 9, 0, 0, 0, 0, 0, 0, 0], Token);
        });
        var group = SpecificationMdfReader.Read(file).Groups[0];
        group.Physical(group["v"], 0).ShouldBe(110);
        group.Physical(group["v"], 1).ShouldBe(118);
        group.Raw(group["n"], 1).ShouldBe(2UL);
        group.Raw(group["time"], 1).ShouldBe(7L);
    }

    [Fact]
    public async Task A_virtual_channel_that_is_the_same_for_every_record_stays_virtual()
    {
        var layout = new MdfRecordLayout
        {
            Group = "CAN9", Bus = "CAN", DataBytes = 1, HasRecordIndex = true,
            Channels =
            [
                new MdfChannelLayout { Name = "ID", BitCount = 8 },
                new MdfChannelLayout { Name = "BusChannel", Type = MdfChannelType.VirtualData, Conversion = new MdfConversion { Kind = MdfConversionKind.Linear, Values = [9, 0] } },
            ],
        };
        byte[] file = await WriteAsync(new Mdf4WriterOptions(), async writer =>
        {
            int channel = writer.AddChannel(Channel(layout));
            await writer.WriteAsync(channel, At(Start), (byte[])[1, 5, 0, 0, 0, 0, 0, 0, 0], Token);
        });
        var group = SpecificationMdfReader.Read(file).Groups[0];
        group["BusChannel"].Type.ShouldBe(6);
        group.DataBytes.ShouldBe(1 + 8);
        group.Flags.ShouldBe(6);
        group.BusType.ShouldBe(2);
    }

    [Fact]
    public async Task Groups_are_in_the_order_they_were_added_whichever_is_written_first()
    {
        byte[] file = await WriteAsync(new Mdf4WriterOptions(), async writer =>
        {
            int[] channels = [.. Enumerable.Range(0, 4).Select(i => writer.AddChannel(Channel(Layout) with { Topic = "g" + i }))];
            await writer.WriteAsync(channels[3], At(Start), Payload(0), Token);
            await writer.WriteAsync(channels[1], At(Start), Payload(0), Token);
        });
        SpecificationMdfReader.Read(file).Groups.Select(group => (group.Name, group.Cycles)).ShouldBe([("g0", 0), ("g1", 1), ("g2", 0), ("g3", 1)]);
    }

    [Fact]
    public async Task Small_offsets_of_variable_values_are_moved_to_wider_ones()
    {
        var layout = new MdfRecordLayout
        {
            Group = "g", DataBytes = 4, VariableCount = 1,
            Channels = [new MdfChannelLayout { Name = "s", Type = MdfChannelType.VariableLength, VariableIndex = 0, DataType = MdfDataType.StringUtf8, BitCount = 32 }],
        };
        byte[] file = await WriteAsync(new Mdf4WriterOptions(), async writer =>
        {
            int channel = writer.AddChannel(Channel(layout));
            await writer.WriteAsync(channel, At(Start), (byte[])[0xEE, 0xEE, 0xEE, 0xEE, 2, 0, 0, 0, (byte)'h', (byte)'i'], Token);
        });
        var group = SpecificationMdfReader.Read(file).Groups[0];
        group.Raw(group["s"], 0).ShouldBe("hi");
        group.Records[..4].ShouldBe([0xEE, 0xEE, 0xEE, 0xEE]);
    }

    [Fact]
    public async Task Every_conversion_is_written_with_the_parameters_it_needs()
    {
        MdfConversionReference Text(string? text) => new(text, null);
        var nested = new MdfConversion { Kind = MdfConversionKind.ValueToText, Values = [1], References = [Text("one"), Text(null)], Name = "part" };
        MdfConversion[] conversions =
        [
            new() { Kind = MdfConversionKind.Identity },
            new() { Kind = MdfConversionKind.Rational, Values = [0, 1, 2, 0, 0, 1], Unit = "V" },
            new() { Kind = MdfConversionKind.Algebraic, Formula = "X*X+1" },
            new() { Kind = MdfConversionKind.TableInterpolated, Values = [0, 1, 10, 20] },
            new() { Kind = MdfConversionKind.Table, Values = [0, 1, 10, 20] },
            new() { Kind = MdfConversionKind.RangeToValue, Values = [0, 1, 10, 99] },
            nested,
            new() { Kind = MdfConversionKind.RangeToText, Values = [0, 5], References = [new(null, nested), Text("")] },
            new() { Kind = MdfConversionKind.TextToValue, Values = [1, 2], References = [Text("a")] },
            new() { Kind = MdfConversionKind.TextToText, References = [Text("a"), Text("b"), Text("c")] },
            new() { Kind = MdfConversionKind.BitfieldText, Values = [BitConverter.Int64BitsToDouble(1)], References = [new(null, nested)] },
            new() { Kind = MdfConversionKind.Mdf3Polynomial, Values = [1, 2, 3, 4, 5, 6] },
            new() { Kind = MdfConversionKind.Mdf3Exponential, Values = [1, 2, 3, 0, 5, 6, 7] },
            new() { Kind = MdfConversionKind.Mdf3Logarithmic, Values = [0, 2, 3, 4, 5, 6, 7] },
        ];
        var layout = new MdfRecordLayout
        {
            Group = "g", DataBytes = 1,
            Channels = [.. conversions.Select((c, i) => new MdfChannelLayout { Name = "c" + i, BitCount = 8, Conversion = c })],
        };
        byte[] file = await WriteAsync(new Mdf4WriterOptions(), writer =>
        {
            writer.AddChannel(Channel(layout));
            return Task.CompletedTask;
        });
        var read = SpecificationMdfReader.Read(file);
        read.Version.ShouldBe(420);
        read.Groups[0].Channels.Select(c => c.ConversionType).ShouldBe([0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 2, 3, 3, 1]);
    }

    [Fact]
    public async Task Arrays_are_written_row_by_row_inverse_or_nested()
    {
        MdfChannelLayout Array(string name, params (int Size, int Stride)[] dimensions) => new()
        {
            Name = name, BitCount = 8,
            Array = new MdfArrayLayout([.. dimensions.Select(d => d.Size)], [.. dimensions.Select(d => d.Stride)], 0, 0),
        };
        var layout = new MdfRecordLayout
        {
            Group = "g", DataBytes = 64, Channels = [Array("rows", (2, 3), (3, 1)), Array("inverse", (2, 1), (3, 2)), Array("spaced", (2, 20), (3, 4))],
        };
        byte[] file = await WriteAsync(new Mdf4WriterOptions(), writer =>
        {
            writer.AddChannel(Channel(layout));
            return Task.CompletedTask;
        });
        var group = SpecificationMdfReader.Read(file).Groups[0];
        group["rows"].Arrays.ShouldBe([(6, 1, false)]);
        group["inverse"].Arrays.ShouldBe([(6, 1, true)]);
        group["spaced"].Arrays.ShouldBe([(2, 20, false), (3, 4, false)]);
    }

    [Fact]
    public async Task Many_groups_stay_within_the_budget_by_smaller_blocks()
    {
        const int Groups = 200;
        byte[] file = await WriteAsync(new Mdf4WriterOptions { MaxBufferedBytes = 1 << 20, Parallelism = 2 }, async writer =>
        {
            int[] channels = [.. Enumerable.Range(0, Groups).Select(i => writer.AddChannel(Channel(Layout) with { Topic = "g" + i }))];
            for (int i = 0; i < 500; i++)
            {
                foreach (int channel in channels) await writer.WriteAsync(channel, At(Start + (i * 10_000_000L)), Payload(i), Token);
            }
        });
        var read = SpecificationMdfReader.Read(file);
        read.Groups.Count.ShouldBe(Groups);
        read.BlockIds["DL"].ShouldBeGreaterThan(Groups);
        foreach (var group in read.Groups)
        {
            group.Cycles.ShouldBe(500);
            group.Raw(group["text"], 499).ShouldBe("value 499");
        }
    }

    [Fact]
    public async Task What_is_not_an_MDF_record_is_refused()
    {
        await using var writer = new Mdf4RecordingWriter(new MemoryStream());
        Should.Throw<RecordingFormatException>(() => writer.AddChannel(new RecordingChannel(0, "/t", "cdr", null, new Dictionary<string, string>()))).Code.ShouldBe("MESH10010");
        int channel = writer.AddChannel(Channel(Layout));
        var error = await Should.ThrowAsync<RecordingFormatException>(async () => await writer.WriteAsync(channel, At(Start), Payload(1).AsMemory(0, 20), Token));
        error.Code.ShouldBe("MESH10270");
    }

    [Fact]
    public void Transposing_puts_bytes_of_one_place_side_by_side()
    {
        byte[] records = [.. Enumerable.Range(0, 64 * 200).Select(i => (byte)(i * 7)), 1, 2];
        byte[] columns = new byte[records.Length];
        Formats.Mdf4.Writing.Mdf4DataBlock.Transpose(records, 100, columns);
        int rows = records.Length / 100;
        for (int row = 0; row < rows; row++)
        {
            for (int place = 0; place < 100; place++) columns[(place * rows) + row].ShouldBe(records[(row * 100) + place]);
        }

        columns[^2..].ShouldBe([1, 2]);
    }

    private static MdfRecordLayout Layout => new()
    {
        Group = "engine", Comment = "a comment", Source = "ECU 1", DataBytes = 4 + 2 + 2 + 8 + 8, InvalidationBytes = 1, VariableCount = 2,
        Channels =
        [
            new MdfChannelLayout
            {
                Name = "t", Type = MdfChannelType.Master, DataType = MdfDataType.UnsignedLittleEndian, BitCount = 32, Unit = "s",
                Conversion = new MdfConversion { Kind = MdfConversionKind.Linear, Values = [0, 0.01] },
            },
            new MdfChannelLayout
            {
                Name = "speed", DataType = MdfDataType.UnsignedBigEndian, ByteOffset = 4, BitCount = 16, InvalidationBit = 3, Unit = "km/h",
                Conversion = new MdfConversion { Kind = MdfConversionKind.Linear, Values = [-4, 0.1], Unit = "km/h" },
            },
            new MdfChannelLayout { Name = "parts", DataType = MdfDataType.ByteArray, ByteOffset = 6, BitCount = 16, IsStructure = true },
            new MdfChannelLayout { Name = "low", DataType = MdfDataType.UnsignedLittleEndian, ByteOffset = 6, BitOffset = 2, BitCount = 3, Parent = 2 },
            new MdfChannelLayout
            {
                Name = "high", DataType = MdfDataType.SignedLittleEndian, ByteOffset = 7, BitCount = 8, Parent = 2,
                Conversion = new MdfConversion { Kind = MdfConversionKind.ValueToText, Values = [0, 1], References = [new("zero", null), new("one", null), new(null, null)] },
            },
            new MdfChannelLayout
            {
                Name = "text", Type = MdfChannelType.VariableLength, VariableIndex = 1, DataType = MdfDataType.StringUtf8, ByteOffset = 8, BitCount = 64, Comment = "ü",
            },
            new MdfChannelLayout { Name = "blob", Type = MdfChannelType.VariableLength, VariableIndex = 0, DataType = MdfDataType.ByteArray, ByteOffset = 16, BitCount = 64 },
        ],
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static byte[] Payload(int i)
    {
        byte[] fixedPart = new byte[25];
        BinaryPrimitives.WriteInt32LittleEndian(fixedPart, i);
        BinaryPrimitives.WriteUInt16BigEndian(fixedPart.AsSpan(4), (ushort)(i % 1000));
        fixedPart[6] = (byte)((i % 8) << 2);
        fixedPart[7] = (byte)(sbyte)((i % 7) - 3);
        fixedPart[24] = (byte)(i % 5 == 0 ? 8 : 0);
        byte[] text = Encoding.UTF8.GetBytes($"value {i}\0");
        byte[] blob = Blob(i);
        return [.. fixedPart, .. BitConverter.GetBytes(blob.Length), .. blob, .. BitConverter.GetBytes(text.Length), .. text];
    }

    // Now and then longer than a small block.
    private static byte[] Blob(int i) => [.. Enumerable.Range(0, i % 97 == 0 ? 1000 : i % 13).Select(k => (byte)(k * i))];

    private static RecordingChannel Channel(MdfRecordLayout layout) =>
        new(0, layout.Group, MdfRecordLayout.MessageEncoding, layout.ToSchema(), new Dictionary<string, string>());

    private static MessageRef At(long ns) => new(0, 0, (ulong)ns, (ulong)ns, 0, 0, 0);

    private static async Task<byte[]> WriteAsync(Mdf4WriterOptions options, Func<Mdf4RecordingWriter, Task> write)
    {
        var stream = new MemoryStream();
        await using var writer = new Mdf4RecordingWriter(stream, options);
        await write(writer);
        await writer.CompleteAsync(Token);
        return stream.ToArray();
    }

    private static int Occurrences(ReadOnlySpan<byte> file, ReadOnlySpan<byte> text)
    {
        int count = 0;
        for (int at; (at = file.IndexOf(text)) >= 0; file = file[(at + 1)..]) count++;
        return count;
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
    }
}
