using Mesh.Formats.Mcap;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

public sealed class McapDoctorTests
{
    [Theory]
    [InlineData(McapCompression.None, true)]
    [InlineData(McapCompression.Lz4, true)]
    [InlineData(McapCompression.Zstd, true)]
    [InlineData(McapCompression.Zstd, false)]
    public async Task What_mesh_writes_is_sound(McapCompression compression, bool chunks)
    {
        byte[] file = await McapSamples.WriteAsync(new McapWriterOptions { ChunkBytes = 4096, Compression = compression, UseChunks = chunks });
        var findings = await ExamineAsync(file);

        // The samples' times are out of order, and one of their channels is silent.
        findings.Where(finding => finding.Code != McapFindings.Order).ShouldAllBe(finding => finding.Severity == FindingSeverity.Note && finding.Code == McapFindings.Channel);
        findings.Where(finding => finding.Code == McapFindings.Order).ShouldAllBe(finding => finding.Severity == FindingSeverity.Warning);
    }

    [Fact]
    public async Task Files_of_other_writers_have_no_error_but_those_put_into_them()
    {
        Dictionary<string, string[]> wrong = new()
        {
            ["attachments"] = [McapFindings.Extra, McapFindings.Statistics],
            ["bad_chunk_crc"] = [McapLosses.ChunkCrc],
            ["bad_chunk_crc_or_data"] = [McapLosses.ChunkCrc],
            ["channels_65536"] = [McapFindings.Statistics, McapFindings.Channel],
            ["footer_bad_summary_start"] = [McapLosses.Summary, McapFindings.Summary],
            ["truncated_mid_message"] = [McapLosses.Truncated],
            ["truncated_no_footer"] = [McapLosses.Truncated],
            // The attachment's index of @mcap/core's writer points elsewhere without chunks.
            ["ts_nochunks"] = [McapFindings.Extra],
        };
        int examined = 0;
        foreach (string path in Directory.GetFiles(TestData.PathOf("generated", "mcap"), "*.mcap"))
        {
            var errors = (await ExamineAsync(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken)))
                .Where(finding => finding.Severity == FindingSeverity.Error).ToList();
            string name = Path.GetFileNameWithoutExtension(path);
            errors.Select(error => error.Code).Distinct().ShouldBe(wrong.GetValueOrDefault(name) ?? [], ignoreOrder: true, name + ": " + string.Join(' ', errors));
            examined++;
        }

        examined.ShouldBeGreaterThan(50);
    }

    [Fact]
    public async Task Every_index_that_lies_is_named()
    {
        byte[] file = await McapSamples.WriteAsync(new McapWriterOptions { ChunkBytes = 4096, WriteCrc = false }, extras: true);
        await using var reader = await McapIndexedReader.OpenAsync(new MemoryByteSource(file), null, RecordingQuery.All, RecordingOrder.File, TestContext.Current.CancellationToken);
        var chunk = reader.Summary.ChunkIndexes[0];
        int indexAt = Summary(file, McapOpcode.ChunkIndex), statisticsAt = Summary(file, McapOpcode.Statistics);
        int messageIndexAt = (int)(chunk.ChunkStartOffset + chunk.ChunkLength);

        (await AfterAsync(file, indexAt + 0)).ShouldContain(McapFindings.ChunkIndex, "start time");
        (await AfterAsync(file, indexAt + 16)).ShouldContain(McapFindings.ChunkIndex, "place");
        (await AfterAsync(file, indexAt + 24)).ShouldContain(McapFindings.ChunkIndex, "length");
        (await AfterAsync(file, statisticsAt)).ShouldContain(McapFindings.Statistics, "message count");
        (await AfterAsync(file, statisticsAt + 8)).ShouldContain(McapFindings.Statistics, "schema count");
        (await AfterAsync(file, statisticsAt + 8 + 2 + (4 * 4))).ShouldContain(McapFindings.Statistics, "start time");
        (await AfterAsync(file, messageIndexAt + 9 + 2 + 4)).ShouldContain(McapFindings.MessageIndex, "log time");
        (await AfterAsync(file, messageIndexAt + 9 + 2 + 4 + 8)).ShouldContain(McapFindings.MessageIndex, "offset");
        (await AfterAsync(file, (int)chunk.ChunkStartOffset + 9)).ShouldContain(McapFindings.Chunk, "chunk's start time");
        (await AfterAsync(file, Summary(file, McapOpcode.AttachmentIndex))).ShouldContain(McapFindings.Extra, "attachment's place");
        (await AfterAsync(file, Summary(file, McapOpcode.MetadataIndex) + 8)).ShouldContain(McapFindings.Extra, "metadata's length");
        (await AfterAsync(file, Summary(file, McapOpcode.SummaryOffset) + 1)).ShouldContain(McapFindings.Summary, "group's place");
        (await AfterAsync(file, Summary(file, McapOpcode.Channel) + 2)).ShouldContain(McapFindings.Channel, "channel's schema");
    }

    [Fact]
    public async Task Records_that_contradict_are_named()
    {
        var findings = await ExamineAsync(
        [
            .. McapRecordLexer.Magic,
            .. Record(McapOpcode.Header, [.. Text("odd"), .. Text("")]),
            .. Record(McapOpcode.Schema, [0, 0, .. Text("zero"), .. Text("x"), .. Text("")]),
            .. Record(McapOpcode.Schema, [1, 0, .. Text("a"), .. Text(""), .. Text("data")]),
            .. Record(McapOpcode.Schema, [1, 0, .. Text("b"), .. Text("x"), .. Text("data")]),
            .. Record(McapOpcode.Message, [.. new byte[22]]),
            .. Record(McapOpcode.Channel, [1, 0, 9, 0, .. Text("/t"), .. Text(""), .. new byte[4]]),
            .. Record(McapOpcode.Channel, [1, 0, 0, 0, .. Text("/u"), .. Text(""), .. new byte[4]]),
            .. Record((McapOpcode)0x20, []),
            .. Record((McapOpcode)0x90, []),
            .. Record(McapOpcode.MessageIndex, [1, 0, 0, 0, 0, 0]),
            .. Record(McapOpcode.Footer, new byte[20]), .. McapRecordLexer.Magic,
        ]);
        string[] texts = [.. findings.Select(finding => $"{finding.Severity} {finding.Code} {finding.Text}")];
        foreach (string expected in new[]
        {
            "Warning MESH10120 The header names no library", "Warning MESH10120 Profile 'odd'", "Error MESH10121 Schema id 0", "Error MESH10121 Schema 1 'a' has data",
            "Error MESH10121 Schema 1 is 'b' here and 'a'", "Warning MESH10121 Schema 1 is written more than once", "Error MESH10123 A message of channel 0",
            "Error MESH10122 Channel 1 '/t' has schema 9", "Error MESH10122 Channel 1 has schema 0 here and 9", "Error MESH10122 Channel 1 is '/u' here and '/t'",
            "Warning MESH10131 Opcode 0x20 is reserved", "Note MESH10131 Opcode 0x90 is private", "Error MESH10126 A message index of channel 1 follows no chunk",
            "Error MESH10130 There is no DataEnd",
        })
        {
            texts.ShouldContain(text => text.StartsWith(expected, StringComparison.Ordinal), expected);
        }
    }

    [Fact]
    public async Task Findings_are_bounded()
    {
        using var output = new MemoryStream();
        output.Write(McapRecordLexer.Magic);
        for (int i = 0; i < 5_000; i++) output.Write(Record(McapOpcode.Schema, [0, 0, .. Text("zero"), .. Text("x"), .. Text("")]));
        var findings = await RecordingDoctor.ExamineAsync(new MemoryByteSource(output.ToArray()), new RecordingReaderOptions { MaxLosses = 20 }, TestContext.Current.CancellationToken);
        findings.Count.ShouldBe(21);
        findings[^1].Text.ShouldContain("not listed");
    }

    internal static Task<IReadOnlyList<RecordingFinding>> ExamineAsync(byte[] file) =>
        RecordingDoctor.ExamineAsync(new MemoryByteSource(file), new RecordingReaderOptions(), TestContext.Current.CancellationToken);

    private static async Task<IReadOnlyList<string>> AfterAsync(byte[] file, int flipAt)
    {
        byte[] changed = [.. file];
        changed[flipAt] ^= 2;
        return [.. (await ExamineAsync(changed)).Where(finding => finding.Severity == FindingSeverity.Error).Select(finding => finding.Code)];
    }

    /// <summary>Where the content of the summary's first record of a kind begins.</summary>
    private static int Summary(byte[] file, McapOpcode opcode)
    {
        int at = (int)BitConverter.ToUInt64(file, file.Length - 8 - 20);
        while (file[at] != (byte)opcode) at += 9 + (int)BitConverter.ToUInt64(file, at + 1);
        return at + 9;
    }

    private static byte[] Text(string text) => [.. BitConverter.GetBytes(text.Length), .. System.Text.Encoding.UTF8.GetBytes(text)];

    private static byte[] Record(McapOpcode opcode, byte[] content) => [(byte)opcode, .. BitConverter.GetBytes((ulong)content.Length), .. content];
}
