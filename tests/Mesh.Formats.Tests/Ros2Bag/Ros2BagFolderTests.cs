using Mesh.Columnar.Compression;
using Mesh.Formats.Mcap;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Ros2Bag;

public sealed class Ros2BagFolderTests
{
    [Fact]
    public async Task Split_files_are_one_recording_in_the_order_of_the_metadata()
    {
        using var folder = new TemporaryFolder();
        var names = WriteParts(folder, 12);
        await WriteMetadataAsync(folder, names.Select(name => $"{Path.GetFileName(folder.Path)}/{name}"));
        var read = await BagReading.FolderAsync(folder.Path);
        read.Losses.ShouldBeEmpty();
        read.Channels.Count.ShouldBe(3);
        SqliteBags.Describe(read).ShouldBe(names.SelectMany(name => SqliteBags.Describe(SqliteBags.Read(folder[name]))));
        read.Summary!.Messages.ShouldBe(read.Messages.Count);
        read.Summary.Channels.Sum(channel => channel.Messages!.Value).ShouldBe(read.Messages.Count);
        read.Summary.StartTimeNs.ShouldBe(read.Messages.Min(message => message.LogTimeNs));
    }

    [Fact]
    public async Task Without_metadata_files_are_taken_by_their_numbers()
    {
        using var folder = new TemporaryFolder();
        var names = WriteParts(folder, 12);
        await File.WriteAllTextAsync(folder["notes.txt"], "no recording", TestContext.Current.CancellationToken);
        var read = await BagReading.FolderAsync(folder.Path);
        read.Losses.ShouldBeEmpty();
        SqliteBags.Describe(read).ShouldBe(names.SelectMany(name => SqliteBags.Describe(SqliteBags.Read(folder[name]))));
    }

    [Fact]
    public async Task A_missing_and_a_broken_file_are_losses_and_the_others_are_read()
    {
        using var folder = new TemporaryFolder();
        var names = WriteParts(folder, 4);
        await WriteMetadataAsync(folder, names);
        File.Delete(folder[names[1]]);
        await File.WriteAllTextAsync(folder[names[2]], "not a database", TestContext.Current.CancellationToken);
        var read = await BagReading.FolderAsync(folder.Path);
        read.Losses.Select(loss => loss.Code).ShouldBe(["MESH10462", "MESH10462"]);
        SqliteBags.Describe(read).ShouldBe(new[] { names[0], names[3] }.SelectMany(name => SqliteBags.Describe(SqliteBags.Read(folder[name]))));
    }

    [Fact]
    public async Task Damage_names_the_file_it_is_in()
    {
        using var folder = new TemporaryFolder();
        var names = WriteParts(folder, 2);
        byte[] bytes = await File.ReadAllBytesAsync(folder[names[1]], TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(folder[names[1]], bytes[..(bytes.Length / 2)], TestContext.Current.CancellationToken);
        var read = await BagReading.FolderAsync(folder.Path);
        read.Losses.ShouldNotBeEmpty();
        read.Losses.ShouldAllBe(loss => loss.Expected.Contains(names[1]));
    }

    [Theory]
    [InlineData("rosbag2_bagfile_information: [1, 2")]
    [InlineData("rosbag2_bagfile_information:\n  version: &a [*a, *a]\n  storage_identifier: sqlite3")]
    [InlineData("just text")]
    public async Task Bad_metadata_does_not_keep_the_files_from_being_read(string yaml)
    {
        using var folder = new TemporaryFolder();
        WriteParts(folder, 2);
        await File.WriteAllTextAsync(folder["metadata.yaml"], yaml, TestContext.Current.CancellationToken);
        var read = await BagReading.FolderAsync(folder.Path);
        read.Messages.Count.ShouldBe(80);
    }

    [Fact]
    public async Task Metadata_nested_without_end_is_refused()
    {
        using var folder = new TemporaryFolder();
        WriteParts(folder, 1);
        await File.WriteAllTextAsync(folder["metadata.yaml"], new string('[', 200_000), TestContext.Current.CancellationToken);
        var read = await BagReading.FolderAsync(folder.Path);
        read.Losses.ShouldHaveSingleItem().Code.ShouldBe("MESH10461");
        read.Messages.Count.ShouldBe(40);
    }

    [Fact]
    public async Task An_empty_folder_is_an_error_that_says_what_a_bag_has()
    {
        using var folder = new TemporaryFolder();
        var exception = await Should.ThrowAsync<RecordingFormatException>(() => BagReading.FolderAsync(folder.Path));
        exception.Code.ShouldBe("MESH10012");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Messages_compressed_one_by_one_in_mcap_are_decompressed(bool withContentSize)
    {
        Assert.SkipUnless(Zstd.IsNative, "needs libzstd.so.1: apt-get install libzstd1");
        using var folder = new TemporaryFolder();
        var random = new Random(3);
        List<byte[]> payloads = [];
        await using (var file = File.Create(folder["bag_0.mcap"]))
        {
            await using var writer = new McapWriter(file, new McapWriterOptions());
            ushort channel = writer.AddChannel(writer.AddSchema("std_msgs/msg/String", "ros2msg", "string data"u8.ToArray()), "/chatter", "cdr");
            for (int i = 0; i < 60; i++)
            {
                byte[] payload = new byte[i == 30 ? 9_000_000 : random.Next(5000)];
                random.NextBytes(payload.AsSpan(0, Math.Min(payload.Length, 1000)));
                payloads.Add(payload);
                byte[] compressed = Compress(payload, withContentSize);
                await writer.WriteMessageAsync(channel, (uint)i, (ulong)i, (ulong)i, compressed, TestContext.Current.CancellationToken);
            }

            await writer.WriteMessageAsync(channel, 60, 60, 60, "damaged"u8.ToArray(), TestContext.Current.CancellationToken);
            await writer.CompleteAsync(TestContext.Current.CancellationToken);
        }

        await WriteMetadataAsync(folder, ["bag_0.mcap"], "compression_format: zstd\n  compression_mode: MESSAGE");
        var read = await BagReading.FolderAsync(folder.Path);
        read.Messages.Select(message => message.Payload.Length).ShouldBe(payloads.Select(payload => payload.Length));
        read.Messages.Select(message => Crc32.Compute(message.Payload)).ShouldBe(payloads.Select(payload => Crc32.Compute(payload)));
        var loss = read.Losses.ShouldHaveSingleItem();
        loss.Code.ShouldBe("MESH10460");
        loss.Bytes.ShouldBe(7);

        // A bomb is refused, not unpacked.
        var limited = await BagReading.FolderAsync(folder.Path, new RecordingReaderOptions { MaxMessageBytes = 1_000_000 });
        limited.Messages.Count.ShouldBe(59);
        limited.Losses.Count.ShouldBe(2);
    }

    private static byte[] Compress(byte[] payload, bool withContentSize)
    {
        byte[] target = new byte[Zstd.MaxCompressedLength(payload.Length)];
        byte[] frame = target[..Zstd.Compress(payload, target)];
        if (withContentSize) return frame;

        // The same blocks under a header without content size (RFC 8878, 3.1.1.1): window descriptor of 2^30 bytes at most, no flags.
        int descriptor = frame[4];
        bool isSingleSegment = (descriptor & 0x20) != 0;
        int header = 5 + (isSingleSegment ? 0 : 1) + ((descriptor >> 6) switch { 0 => isSingleSegment ? 1 : 0, 1 => 2, 2 => 4, _ => 8 });
        return [.. frame[..4], 0, 14 << 3, .. frame[header..]];
    }

    private static List<string> WriteParts(TemporaryFolder folder, int count)
    {
        List<string> names = [];
        for (int i = 0; i < count; i++)
        {
            string name = $"bag_{i}.db3";
            names.Add(name);
            using var connection = SqliteBags.Create(folder[name], new SqliteBags.Layout());
            SqliteBags.Fill(connection, new Random(i), 40, 2000, 1_000_000_000L * (i + 1));
        }

        return names;
    }

    private static Task WriteMetadataAsync(TemporaryFolder folder, IEnumerable<string> files, string more = "compression_format: \"\"") =>
        File.WriteAllTextAsync(folder["metadata.yaml"],
            $"rosbag2_bagfile_information:\n  version: 5\n  storage_identifier: sqlite3\n  {more}\n  relative_file_paths:\n{string.Concat(files.Select(file => $"    - {file}\n"))}",
            TestContext.Current.CancellationToken);
}
