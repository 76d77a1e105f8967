using System.Text;
using Mesh.Columnar;
using Mesh.Formats.Mdf;
using Mesh.Formats.Mdf4;
using Mesh.Formats.Tests.Mdf;
using Mesh.Formats.Tests.Mdf3;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf4.Writing;

/// <summary>Files of other people's writers, rewritten by ours and read back: by ours, and by the test's own reader of the specification.</summary>
public sealed class Mdf4RoundTripTests
{
    public static TheoryData<Mdf4Compression> Compressions => [Mdf4Compression.None, Mdf4Compression.Deflate, Mdf4Compression.TransposedDeflate];

    [Theory]
    [MemberData(nameof(Compressions))]
    public async Task What_is_rewritten_holds_the_same_records_and_values(Mdf4Compression compression)
    {
        Require.AtLeast(TestLevel.Default);
        var problems = new List<string>();
        int files = 0;
        foreach (string path in Recordings())
        {
            string name = Path.GetRelativePath(TestData.PathOf(), path);
            MdfReading before;
            try
            {
                before = await MdfReading.ReadAsync(await File.ReadAllBytesAsync(path, Token));
            }
            catch (RecordingFormatException)
            {
                continue;
            }

            files++;
            try
            {
                byte[] written = await RewriteAsync(before, new Mdf4WriterOptions { Compression = compression, BlockBytes = 20_000, Parallelism = 2 });
                var specification = SpecificationMdfReader.Read(written);
                var after = await MdfReading.ReadAsync(written);
                Compare(before, after, specification);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                problems.Add($"{name}: {exception.GetType().Name} {exception.Message.ReplaceLineEndings(" ")}");
            }
        }

        problems.ShouldBeEmpty();
        files.ShouldBeGreaterThan(100);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static List<string> Recordings() =>
        [.. Directory.EnumerateFiles(TestData.PathOf(), "*", SearchOption.AllDirectories)
            .Where(path => Path.GetExtension(path).ToLowerInvariant() is ".mf4" or ".mdf" && new FileInfo(path).Length < 4 << 20)
            .Order(StringComparer.Ordinal)];

    private static async Task<byte[]> RewriteAsync(MdfReading reading, Mdf4WriterOptions options)
    {
        var stream = new MemoryStream();
        await using var writer = new Mdf4RecordingWriter(stream, options);
        int[] channels = [.. reading.Channels.Select(writer.AddChannel)];
        foreach (var (channel, messages) in reading.Messages.OrderBy(entry => entry.Key))
        {
            foreach (var (time, payload) in messages) await writer.WriteAsync(channels[channel], new MessageRef(0, 0, time, time, 0, 0, 0), payload, Token);
        }

        await writer.CompleteAsync(Token);
        return stream.ToArray();
    }

    private static void Compare(MdfReading before, MdfReading after, SpecificationMdfReader specification)
    {
        after.Losses.ShouldBeEmpty();
        after.Channels.Select(channel => channel.Topic).ShouldBe(before.Channels.Select(channel => channel.Topic), ignoreOrder: true);
        specification.Groups.Count.ShouldBe(before.Channels.Count);
        for (int i = 0; i < before.Channels.Count; i++)
        {
            string topic = before.Channels[i].Topic;
            int j = after.Channels.Single(channel => channel.Topic == topic).Index;
            var a = before.Of(i);
            var b = after.Of(j);
            b.Count.ShouldBe(a.Count, topic);
            var group = specification.Groups.Single(g => g.Name == topic);
            group.Cycles.ShouldBe(a.Count, topic);

            var layout = before.Layout(i);
            bool hasTime = layout.Channels.Any(channel => channel.Type is MdfChannelType.Master or MdfChannelType.VirtualMaster && MdfMasterTime.SyncType(channel) == 1);
            if (hasTime) b.Select(message => message.LogTimeNs).ShouldBe(a.Select(message => message.LogTimeNs), topic);
            CompareRecords(layout, a, group);
            if (a.Count == 0) continue;
            CompareColumns(layout, before.Decode(i, raw: true), after.Decode(j, raw: true), topic + " raw");
            CompareColumns(null, before.Decode(i, raw: false), after.Decode(j, raw: false), topic);
        }
    }

    /// <summary>Every byte of the record as it was, but for the places of variable-length values, by the specification's reader.</summary>
    private static void CompareRecords(MdfRecordLayout layout, List<(ulong LogTimeNs, byte[] Payload)> messages, SpecificationMdfReader.Group group)
    {
        var moving = layout.Channels.Where(channel => channel.Type == MdfChannelType.VariableLength).ToList();
        int recordBytes = group.DataBytes + group.InvalidationBytes;
        for (int row = 0; row < messages.Count; row++)
        {
            byte[] data = messages[row].Payload[..layout.DataBytes];
            byte[] written = group.Records[(row * recordBytes)..((row * recordBytes) + layout.DataBytes)];
            foreach (var channel in moving)
            {
                data.AsSpan(channel.ByteOffset, channel.BitCount / 8).Clear();
                written.AsSpan(channel.ByteOffset, channel.BitCount / 8).Clear();
            }

            if (!written.AsSpan().SequenceEqual(data)) throw new InvalidDataException($"Record {row} of {group.Name} differs.");
            var invalid = group.Records.AsSpan((row * recordBytes) + group.DataBytes, group.InvalidationBytes);
            if (!invalid.SequenceEqual(messages[row].Payload.AsSpan(layout.DataBytes, layout.InvalidationBytes))) throw new InvalidDataException($"Invalidation bits of record {row} differ.");
            int at = layout.FixedBytes;
            foreach (var channel in moving.OrderBy(c => c.VariableIndex))
            {
                int length = BitConverter.ToInt32(messages[row].Payload, at);
                var value = messages[row].Payload.AsSpan(at + 4, length);
                if ((uint)channel.DataType == 10 && group.Raw(group.Channels[layout.Channels.ToList().IndexOf(channel)], row) is byte[] bytes && !value.SequenceEqual(bytes))
                {
                    throw new InvalidDataException($"Value {row} of {channel.Name} differs.");
                }

                at += 4 + length;
            }
        }
    }

    private static void CompareColumns(MdfRecordLayout? layout, RecordBatch a, RecordBatch b, string place)
    {
        // Behind them may be channels that the writer added: a time.
        b.Columns.Count.ShouldBeGreaterThanOrEqualTo(a.Columns.Count, place);
        for (int c = 0; c < a.Columns.Count; c++)
        {
            // The bytes of a structure hold the places of its variable-length members, which are others in another file.
            if (layout is { VariableCount: > 0 } && layout.Channels[c].IsStructure) continue;
            b.Schema.Fields[c].Name.ShouldBe(a.Schema.Fields[c].Name, place);
            b.Schema.Fields[c].Doc.ShouldBe(a.Schema.Fields[c].Doc, place);
            for (int row = 0; row < a.Length; row++)
            {
                string x = Text(MdfDecoding.Value(a.Columns[c], row));
                string y = Text(MdfDecoding.Value(b.Columns[c], row));
                if (x != y) throw new InvalidDataException($"{place}, column {a.Schema.Fields[c].Name}, row {row}: {x} became {y}");
            }
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "null",
        byte[] bytes => Convert.ToHexString(bytes),
        object?[] list => "[" + string.Join(',', list.Select(Text)) + "]",
        double number => number.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
