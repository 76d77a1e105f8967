using Mesh.Formats;
using Mesh.Formats.Mcap;
using static Mesh.Decode.Tests.DecodeBench;

namespace Mesh.Decode.Tests;

/// <summary>Whatever happens to the bytes of a recording: every message read is accounted for, and nothing appears that was not recorded.</summary>
public sealed class ConservationTests : IDisposable
{
    private const int Messages = 600;
    private readonly DecodeBench bench = new();

    public void Dispose() => bench.Dispose();

    [Theory]
    [InlineData(McapCompression.None, 1)]
    [InlineData(McapCompression.Lz4, 2)]
    [InlineData(McapCompression.Zstd, 3)]
    public async Task Random_damage_neither_loses_count_nor_invents_rows(McapCompression compression, int seed)
    {
        byte[] intact = await RecordingAsync(compression);
        var random = new Random(seed);
        int damaged = 0, refused = 0;
        for (int round = 0; round < 120; round++)
        {
            byte[] bytes = Damage(intact, random);
            List<Mesh.Streaming.Ingest.ChannelBatch> batches;
            try
            {
                batches = await bench.DecodeAsync(bytes);
            }
            catch (RecordingFormatException)
            {
                refused++;
                continue;
            }

            var account = bench.Account;
            if (account.Losses.Count > 0) damaged++;
            account.MessagesIn.ShouldBe(account.RowsOut + account.DeadLetters + account.NotSelected);
            account.RowsOut.ShouldBe(batches.Sum(batch => batch.Batch.Length));
            account.DeadLetters.ShouldBe(bench.Letters.Sum(letter => letter.Count));
            foreach (var channel in account.Channels) channel.MessagesIn.ShouldBe(channel.RowsOut + channel.DeadLetters);

            // Chunks carry checksums, so a row that comes out must be one that went in.
            foreach (var batch in batches)
            {
                var times = batch.Batch["log_time_ns"].Values<long>();
                var x = batch.Batch["x"].Values<double>();
                for (int row = 0; row < times.Length; row++) x[row].ShouldBe(times[row] - (long)StartNs);
            }
        }

        damaged.ShouldBeGreaterThan(30);
        refused.ShouldBeLessThan(90);
    }

    private Task<byte[]> RecordingAsync(McapCompression compression) => bench.WriteAsync(
        async (writer, token) =>
        {
            ushort[] channels = [AddPointChannel(writer, "/a"), AddPointChannel(writer, "/b"), AddPointChannel(writer, "/a")];
            for (uint i = 0; i < Messages; i++)
            {
                byte[] payload = i % 37 == 0 ? Point(i, i)[..9] : Point(i, i);
                await writer.WriteMessageAsync(channels[i % 3], i, StartNs + i, StartNs + i, payload, token);
            }
        },
        new McapWriterOptions { ChunkBytes = 2048, Compression = compression });

    private static byte[] Damage(byte[] intact, Random random)
    {
        byte[] bytes = [.. intact];
        switch (random.Next(4))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                for (int flips = random.Next(1, 6); flips > 0; flips--) bytes[random.Next(8, bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 2:
                int start = random.Next(8, bytes.Length);
                bytes.AsSpan(start, Math.Min(random.Next(1, 500), bytes.Length - start)).Clear();
                return bytes;
            default:
                int cut = random.Next(8, bytes.Length);
                return [.. bytes[..cut], .. bytes[Math.Min(bytes.Length, cut + random.Next(1, 300))..]];
        }
    }
}
