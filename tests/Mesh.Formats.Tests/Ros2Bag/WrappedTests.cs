using System.IO.Compression;
using ICSharpCode.SharpZipLib.BZip2;
using Mesh.Columnar.Compression;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Ros2Bag;

/// <summary>Recordings compressed as a whole.</summary>
public sealed class WrappedTests
{
    [Theory]
    [InlineData("zstd")]
    [InlineData("lz4")]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    public async Task A_recording_is_read_out_of_one_or_more_compressed_frames(string compression)
    {
        using var folder = new TemporaryFolder();
        byte[] bag = Sample(folder, 400);
        var expected = SqliteBags.Describe(await BagReading.BytesAsync(bag)).ToList();
        foreach (int frames in new[] { 1, 3 })
        {
            byte[] wrapped = [];
            for (int i = 0; i < frames; i++) wrapped = [.. wrapped, .. Compress(compression, bag[(bag.Length * i / frames)..(bag.Length * (i + 1) / frames)])];
            var read = await BagReading.BytesAsync(wrapped, "bag.db3.x", new RecordingReaderOptions { SpillFolder = folder["spill"] });
            read.Losses.ShouldBeEmpty($"{frames} frames");
            SqliteBags.Describe(read).ShouldBe(expected);
            Directory.GetFiles(folder["spill"]).ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("lz4")]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    public async Task What_is_intact_of_a_cut_or_changed_file_comes_out_and_the_damage_is_told(string compression)
    {
        using var folder = new TemporaryFolder();
        // Large enough for several blocks of LZ4, which are of 4 MiB.
        Require.AtLeast(TestLevel.Default);
        byte[] bag = Sample(folder, 30_000);
        byte[] wrapped = Compress(compression, bag);
        var known = SqliteBags.Describe(await BagReading.BytesAsync(bag)).ToHashSet();
        int cut = wrapped.Length * 4 / 5;
        var read = await BagReading.BytesAsync(wrapped[..cut], "bag");
        read.Losses[0].Code.ShouldBe("MESH10014");
        read.Losses[0].Offset.ShouldBeLessThanOrEqualTo(cut);
        read.Messages.Count.ShouldBeInRange(known.Count / 4, known.Count - 1);
        SqliteBags.Describe(read).ShouldAllBe(message => known.Contains(message));

        byte[] changed = [.. wrapped];
        changed.AsSpan(cut, 64).Fill(0x55);
        read = await BagReading.BytesAsync(changed, "bag");
        read.Messages.Count.ShouldBeGreaterThan(known.Count / 4);

        // Only these two carry checksums always; the others may decompress to something else.
        if (compression is "gzip" or "bzip2") read.Losses[0].Code.ShouldBe("MESH10014");
    }

    [Fact]
    public async Task A_bomb_is_refused_at_the_limit_and_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        byte[] bomb = Compress("gzip", new byte[20_000_000]);
        var options = new RecordingReaderOptions { SpillFolder = folder["spill"], MaxUnwrappedBytes = 5_000_000 };
        var exception = await Should.ThrowAsync<RecordingFormatException>(() => BagReading.BytesAsync(bomb, "bomb.gz", options));
        exception.Code.ShouldBe("MESH10015");
        Directory.GetFiles(folder["spill"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_disk_that_would_fill_up_stops_it_with_the_remedy()
    {
        using var folder = new TemporaryFolder();
        var options = new RecordingReaderOptions { SpillFolder = folder.Path, MinFreeSpillBytes = long.MaxValue };
        var exception = await Should.ThrowAsync<MeshException>(() => BagReading.BytesAsync(Compress("gzip", new byte[10]), "x.gz", options));
        exception.Code.ShouldBe("MESH10016");
        exception.IsTransient.ShouldBeTrue();
        exception.Message.ShouldContain(folder.Path);
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("lz4")]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    public async Task Mutated_streams_never_throw_anything_else(string compression)
    {
        using var folder = new TemporaryFolder();
        byte[] wrapped = Compress(compression, Sample(folder, 60));
        var random = new Random(8);
        for (int round = 0; round < 150; round++)
        {
            byte[] bytes = [.. wrapped];
            for (int i = random.Next(1, 4); i > 0; i--) bytes[random.Next(10, bytes.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                await BagReading.BytesAsync(random.Next(4) == 0 ? bytes[..random.Next(12, bytes.Length)] : bytes, "bag", new RecordingReaderOptions { MaxUnwrappedBytes = 50_000_000 });
            }
            catch (RecordingFormatException exception)
            {
                exception.Code.ShouldBeOneOf("MESH10014", "MESH10015", "MESH10001", "MESH10002", "MESH10450");
            }
        }
    }

    private static byte[] Compress(string compression, byte[] bytes)
    {
        byte[] target = new byte[Math.Max(Zstd.MaxCompressedLength(bytes.Length), Lz4.MaxFrameLength(bytes.Length))];
        if (compression == "zstd") return target[..Zstd.Compress(bytes, target)];
        if (compression == "lz4") return target[..Lz4.CompressFrame(bytes, target)];
        using var output = new MemoryStream();
        using (Stream stream = compression == "gzip" ? new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true) : new BZip2OutputStream(output, 1) { IsStreamOwner = false })
        {
            stream.Write(bytes);
        }

        return output.ToArray();
    }

    private static byte[] Sample(TemporaryFolder folder, int count)
    {
        string path = folder[$"{count}.db3"];
        using (var connection = SqliteBags.Create(path, new SqliteBags.Layout())) SqliteBags.Fill(connection, new Random(count), count, 2500);
        return File.ReadAllBytes(path);
    }
}
