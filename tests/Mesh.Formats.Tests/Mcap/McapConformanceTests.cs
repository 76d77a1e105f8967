using System.Globalization;
using System.Text.Json;
using Mesh.Formats.Mcap;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

/// <summary>The conformance suite of the specification's authors: 416 files with what a reader must find in them.</summary>
public sealed class McapConformanceTests
{
    private const int SuiteFiles = 416;

    [Fact]
    public void Every_record_reads_as_the_suite_says()
    {
        foreach (var (path, expected) in Suite())
        {
            var records = ReadRecords(File.ReadAllBytes(path));
            var wanted = expected.GetProperty("records").EnumerateArray().Select(Normalise).ToList();
            records.ShouldBe(wanted, path);
        }
    }

    [Fact]
    public async Task Forward_and_indexed_reading_find_every_message_and_no_loss()
    {
        foreach (var (path, expected) in Suite())
        {
            byte[] file = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            var wanted = expected.GetProperty("records").EnumerateArray().Where(record => record.GetProperty("type").GetString() == "Message")
                .Select(record => Field(record, "sequence")).ToList();

            var forward = await McapReading.ForwardAsync(file);
            forward.Losses.ShouldBeEmpty(path);
            forward.Messages.Select(message => message.Sequence.ToString(CultureInfo.InvariantCulture)).ShouldBe(wanted, path);

            var indexed = await McapReading.IndexedAsync(file);
            indexed.Losses.ShouldBeEmpty(path);
            indexed.Messages.Select(message => message.LogTimeNs).ShouldBe(forward.Messages.Select(message => message.LogTimeNs).Order(), path);
        }
    }

    [Fact]
    public async Task Written_files_equal_the_suites_byte_for_byte()
    {
        int compared = 0;
        foreach (var (path, expected) in Suite())
        {
            var features = expected.GetProperty("meta").GetProperty("variant").GetProperty("features").EnumerateArray().Select(feature => feature.GetString()).ToHashSet();

            // Extra bytes at the end of records are for readers to skip; no writer adds them.
            if (features.Contains("pad")) continue;
            byte[] written = await WriteAsync(expected.GetProperty("records"), features);
            written.ShouldBe(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken), path);
            compared++;
        }

        compared.ShouldBe(SuiteFiles / 2);
    }

    private static IEnumerable<(string Path, JsonElement Expected)> Suite()
    {
        string folder = TestData.PathOf("foxglove_mcap", "tests", "conformance", "data");
        string[] files = Directory.GetFiles(folder, "*.mcap", SearchOption.AllDirectories);
        files.Length.ShouldBe(SuiteFiles);
        foreach (string path in files)
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(Path.ChangeExtension(path, ".json")));
            yield return (path, document.RootElement.Clone());
        }
    }

    private static string Field(JsonElement record, string name) =>
        record.GetProperty("fields").EnumerateArray().Single(field => field[0].GetString() == name)[1].GetString()!;

    private static byte[] Bytes(JsonElement record) =>
        [.. record.GetProperty("fields").EnumerateArray().Single(field => field[0].GetString() == "data")[1].EnumerateArray()
            .Select(item => byte.Parse(item.GetString()!, CultureInfo.InvariantCulture))];

    private static async Task<byte[]> WriteAsync(JsonElement records, HashSet<string?> features)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        (string Feature, McapSummaryParts Part)[] parts =
        [
            ("mx", McapSummaryParts.MessageIndexes), ("chx", McapSummaryParts.ChunkIndexes), ("ax", McapSummaryParts.AttachmentIndexes),
            ("mdx", McapSummaryParts.MetadataIndexes), ("st", McapSummaryParts.Statistics), ("rsh", McapSummaryParts.Schemas),
            ("rch", McapSummaryParts.Channels), ("sum", McapSummaryParts.SummaryOffsets),
        ];
        using var output = new MemoryStream();
        await using var writer = new McapWriter(output, new McapWriterOptions
        {
            Library = "",
            UseChunks = features.Contains("ch"),
            Compression = McapCompression.None,
            Parts = parts.Where(part => features.Contains(part.Feature)).Aggregate(McapSummaryParts.None, (all, part) => all | part.Part),
        });
        foreach (var record in records.EnumerateArray())
        {
            switch (record.GetProperty("type").GetString())
            {
                case "Schema":
                    writer.AddSchema(Field(record, "name"), Field(record, "encoding"), Bytes(record));
                    break;
                case "Channel":
                    writer.AddChannel(ushort.Parse(Field(record, "schema_id"), CultureInfo.InvariantCulture), Field(record, "topic"), Field(record, "message_encoding"),
                        record.GetProperty("fields").EnumerateArray().Single(field => field[0].GetString() == "metadata")[1].EnumerateObject()
                            .ToDictionary(pair => pair.Name, pair => pair.Value.GetString()!));
                    break;
                case "Message":
                    await writer.WriteMessageAsync(1, uint.Parse(Field(record, "sequence"), CultureInfo.InvariantCulture), ulong.Parse(Field(record, "log_time"), CultureInfo.InvariantCulture),
                        ulong.Parse(Field(record, "publish_time"), CultureInfo.InvariantCulture), Bytes(record), cancellationToken);
                    break;
                case "Attachment":
                    await writer.WriteAttachmentAsync(Field(record, "name"), Field(record, "media_type"), ulong.Parse(Field(record, "log_time"), CultureInfo.InvariantCulture),
                        ulong.Parse(Field(record, "create_time"), CultureInfo.InvariantCulture), Bytes(record), cancellationToken);
                    break;
                case "Metadata":
                    await writer.WriteMetadataAsync(Field(record, "name"),
                        record.GetProperty("fields").EnumerateArray().Single(field => field[0].GetString() == "metadata")[1].EnumerateObject()
                            .ToDictionary(pair => pair.Name, pair => pair.Value.GetString()!), cancellationToken);
                    break;
                case "DataEnd":
                    await writer.CompleteAsync(cancellationToken);
                    return output.ToArray();
            }
        }

        throw new InvalidOperationException("The suite's file has no DataEnd.");
    }

    private static string Normalise(JsonElement record) =>
        record.GetProperty("type").GetString() + " " + string.Join(' ', record.GetProperty("fields").EnumerateArray()
            .Select(field => (Name: field[0].GetString()!, Value: field[1])).OrderBy(field => field.Name, StringComparer.Ordinal)
            .Select(field => field.Name + "=" + Normalise(field.Name, field.Value)));

    private static string Normalise(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(item => item.GetString())),
        JsonValueKind.Object => string.Join(',', value.EnumerateObject().Select(pair => pair.Name + ":" + pair.Value.GetString())),
        _ => name + value.GetString(),
    };

    private static List<string> ReadRecords(byte[] file)
    {
        file.AsSpan().StartsWith(McapRecordLexer.Magic).ShouldBeTrue();
        file.AsSpan().EndsWith(McapRecordLexer.Magic).ShouldBeTrue();
        List<string> records = [];
        Collect(file.AsSpan(8, file.Length - 16), records);
        return records;
    }

    private static void Collect(ReadOnlySpan<byte> bytes, List<string> records)
    {
        var lexer = new McapRecordLexer(new McapReaderOptions());
        while (bytes.Length > 0)
        {
            lexer.TryRead(bytes, out var record, out int consumed).ShouldBe(McapLexResult.Record);
            bytes = bytes[consumed..];
            if (record.Opcode == McapOpcode.MessageIndex) continue;
            if (record.Opcode == McapOpcode.Chunk)
            {
                McapChunkRecord.TryParse(record.Content, out var chunk).ShouldBeTrue();
                Collect(record.Content.Slice(chunk.RecordsOffset, (int)chunk.RecordsLength), records);
                continue;
            }

            records.Add(record.Opcode + " " + string.Join(' ', Fields(record).OrderBy(field => field.Name, StringComparer.Ordinal)
                .Select(field => $"{field.Name}={(field.Value is string text && !field.IsComplex ? field.Name + text : field.Value)}")));
        }
    }

    private static List<(string Name, string Value, bool IsComplex)> Fields(McapRecord record)
    {
        List<(string, string, bool)> fields = [];
        void Add(string name, FormattableString value) => fields.Add((name, value.ToString(CultureInfo.InvariantCulture), false));
        void AddBytes(string name, ReadOnlySpan<byte> value) => fields.Add((name, string.Join(',', value.ToArray()), true));
        void AddMap<TKey, TValue>(string name, IEnumerable<KeyValuePair<TKey, TValue>> map) => fields.Add((name, string.Join(',', map.Select(pair => $"{pair.Key}:{pair.Value}")), true));
        switch (record.Opcode)
        {
            case McapOpcode.Header when McapHeaderRecord.TryParse(record.Content, out var header):
                Add("library", $"{header.Library}");
                Add("profile", $"{header.Profile}");
                break;
            case McapOpcode.Footer when McapFooterRecord.TryParse(record.Content, out var footer):
                Add("summary_crc", $"{footer.SummaryCrc}");
                Add("summary_offset_start", $"{footer.SummaryOffsetStart}");
                Add("summary_start", $"{footer.SummaryStart}");
                break;
            case McapOpcode.Schema when McapSchemaRecord.TryParse(record.Content, out var schema):
                AddBytes("data", schema.Data);
                Add("encoding", $"{schema.Encoding}");
                Add("id", $"{schema.Id}");
                Add("name", $"{schema.Name}");
                break;
            case McapOpcode.Channel when McapChannelRecord.TryParse(record.Content, out var channel):
                Add("id", $"{channel.Id}");
                Add("message_encoding", $"{channel.MessageEncoding}");
                AddMap("metadata", channel.Metadata);
                Add("schema_id", $"{channel.SchemaId}");
                Add("topic", $"{channel.Topic}");
                break;
            case McapOpcode.Message when McapMessageRecord.TryParse(record.Content, out var message):
                Add("channel_id", $"{message.ChannelId}");
                AddBytes("data", record.Content[McapMessageRecord.HeaderBytes..]);
                Add("log_time", $"{message.LogTime}");
                Add("publish_time", $"{message.PublishTime}");
                Add("sequence", $"{message.Sequence}");
                break;
            case McapOpcode.Attachment when McapAttachmentRecord.TryParse(record.Content, out var attachment):
                Add("create_time", $"{attachment.CreateTime}");
                AddBytes("data", attachment.Data);
                Add("log_time", $"{attachment.LogTime}");
                Add("media_type", $"{attachment.MediaType}");
                Add("name", $"{attachment.Name}");
                break;
            case McapOpcode.Metadata when McapMetadataRecord.TryParse(record.Content, out var metadata):
                AddMap("metadata", metadata.Metadata);
                Add("name", $"{metadata.Name}");
                break;
            case McapOpcode.DataEnd when McapDataEndRecord.TryParse(record.Content, out var dataEnd):
                Add("data_section_crc", $"{dataEnd.DataSectionCrc}");
                break;
            case McapOpcode.Statistics when McapStatistics.TryParse(record.Content, out var statistics):
                Add("attachment_count", $"{statistics.AttachmentCount}");
                Add("channel_count", $"{statistics.ChannelCount}");
                AddMap("channel_message_counts", statistics.ChannelMessageCounts);
                Add("chunk_count", $"{statistics.ChunkCount}");
                Add("message_count", $"{statistics.MessageCount}");
                Add("message_end_time", $"{statistics.MessageEndTimeNs}");
                Add("message_start_time", $"{statistics.MessageStartTimeNs}");
                Add("metadata_count", $"{statistics.MetadataCount}");
                Add("schema_count", $"{statistics.SchemaCount}");
                break;
            case McapOpcode.ChunkIndex when McapChunkIndex.TryParse(record.Content, out var index):
                Add("chunk_length", $"{index.ChunkLength}");
                Add("chunk_start_offset", $"{index.ChunkStartOffset}");
                Add("compressed_size", $"{index.CompressedSize}");
                Add("compression", $"{index.Compression}");
                Add("message_end_time", $"{index.MessageEndTimeNs}");
                Add("message_index_length", $"{index.MessageIndexLength}");
                AddMap("message_index_offsets", index.MessageIndexOffsets);
                Add("message_start_time", $"{index.MessageStartTimeNs}");
                Add("uncompressed_size", $"{index.UncompressedSize}");
                break;
            case McapOpcode.AttachmentIndex when McapAttachmentIndex.TryParse(record.Content, out var index):
                Add("create_time", $"{index.CreateTimeNs}");
                Add("data_size", $"{index.DataSize}");
                Add("length", $"{index.Length}");
                Add("log_time", $"{index.LogTimeNs}");
                Add("media_type", $"{index.MediaType}");
                Add("name", $"{index.Name}");
                Add("offset", $"{index.Offset}");
                break;
            case McapOpcode.MetadataIndex when McapMetadataIndex.TryParse(record.Content, out var index):
                Add("length", $"{index.Length}");
                Add("name", $"{index.Name}");
                Add("offset", $"{index.Offset}");
                break;
            case McapOpcode.SummaryOffset when McapSummaryOffsetRecord.TryParse(record.Content, out var group):
                Add("group_length", $"{group.GroupLength}");
                Add("group_opcode", $"{(byte)group.GroupOpcode}");
                Add("group_start", $"{group.GroupStart}");
                break;
        }

        return fields;
    }
}
