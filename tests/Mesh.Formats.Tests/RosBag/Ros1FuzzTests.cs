using Mesh.Formats.RosBag;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.RosBag;

public sealed class Ros1FuzzTests
{
    private static readonly RecordingReaderOptions Limits = new() { MaxBlockBytes = 1 << 20, MaxMessageBytes = 1 << 20, MaxBufferedBytes = 4 << 20, MaxLosses = 50 };

    [Theory]
    [InlineData(Ros1BagCompression.None)]
    [InlineData(Ros1BagCompression.Lz4)]
    [InlineData(Ros1BagCompression.Bz2)]
    public async Task Mutated_bags_never_throw_and_compressed_ones_never_invent(Ros1BagCompression compression)
    {
        byte[] valid = await Ros1Samples.WriteAsync(compression, messages: 150, chunkBytes: 2048);
        var random = new Random(21);
        int rounds = Require.Level == TestLevel.Fast ? 100 : 600;
        for (int round = 0; round < rounds; round++)
        {
            byte[] mutated = Mutate(valid, random, out bool isCut);
            var read = await ReadAllWaysAsync(mutated, random, $"round {round}");
            if (compression != Ros1BagCompression.None && read is not null && !(isCut && compression == Ros1BagCompression.Lz4))
            {
                // Everything in a compressed chunk is under a checksum of the compression; that of lz4 is at the chunk's end.
                read.Messages.ShouldAllBe(message => message.Payload.SequenceEqual(Ros1Samples.Payload(Ros1Samples.NumberOf(message))), $"round {round}");
            }
        }
    }

    [Fact]
    public async Task Mutated_public_bags_never_throw()
    {
        var random = new Random(22);
        foreach (string file in Directory.EnumerateFiles(TestData.PathOf(), "*.bag", SearchOption.AllDirectories).Order())
        {
            byte[] valid = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            if (valid.Length is 0 or > 300_000) continue;
            int rounds = Require.Level == TestLevel.Fast ? 3 : 30;
            for (int round = 0; round < rounds; round++) await ReadAllWaysAsync(Mutate(valid, random, out _), random, $"{file} round {round}");
        }
    }

    [Fact]
    public async Task Record_soup_ends()
    {
        // Headers that look right, lengths and contents that are not: the worst case for finding the way back.
        var random = new Random(23);
        byte[] valid = await Ros1Samples.WriteAsync(Ros1BagCompression.None, messages: 20, chunkBytes: 1024);
        for (int round = 0; round < 20; round++)
        {
            using var soup = new MemoryStream();
            soup.Write("#ROSBAG V2.0\n"u8);
            while (soup.Length < 100_000)
            {
                int from = random.Next(valid.Length);
                soup.Write(valid.AsSpan(from, random.Next(Math.Min(120, valid.Length - from))));
                if (random.Next(3) == 0) soup.Write("\x04\0\0\0op=\x02"u8);
            }

            var read = await Ros1Reading.ReadAsync(soup.ToArray(), Limits);
            read.Losses.ShouldNotBeEmpty();
        }
    }

    private static async Task<Ros1Reading.ReadRecording?> ReadAllWaysAsync(byte[] mutated, Random random, string where)
    {
        try
        {
            var read = await Ros1Reading.ReadAsync(mutated, Limits with { Parallelism = 1 + random.Next(3) });
            await Ros1Reading.SummariseAsync(mutated);
            await Ros1Reading.ReadAsync(mutated, Limits with { Query = new RecordingQuery { Topics = ["*t*"], EndTimeNs = Ros1Samples.LogTime(70) } });
            await Ros1BagDoctor.ExamineAsync(new MemoryByteSource(mutated), Limits, TestContext.Current.CancellationToken);
            return read;
        }
        catch (RecordingFormatException refusal)
        {
            refusal.Code.ShouldBe(Ros1BagLosses.Encrypted, where);
            return null;
        }
    }

    private static byte[] Mutate(byte[] valid, Random random, out bool isCut)
    {
        isCut = false;
        byte[] bytes = [.. valid];
        for (int i = random.Next(1, 6); i > 0 && bytes.Length > 20; i--)
        {
            int at = random.Next(13, bytes.Length);
            int length = Math.Min(random.Next(1, 60), bytes.Length - at);
            switch (random.Next(8))
            {
                case 0 or 7: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: random.NextBytes(bytes.AsSpan(at, length)); break;
                case 2: bytes.AsSpan(at, length).Fill((byte)(random.Next(2) * 255)); break;
                case 3: (bytes, isCut) = (bytes[..at], true); break;
                case 4: bytes = [.. bytes[..at], .. bytes[(at + length)..]]; break;
                case 5: bytes = [.. bytes[..at], .. bytes.AsSpan(random.Next(bytes.Length - length + 1), length), .. bytes[at..]]; break;
                case 6: BitConverter.GetBytes(random.Next()).AsSpan(0, Math.Min(4, bytes.Length - at)).CopyTo(bytes.AsSpan(at)); break;
            }
        }

        return bytes;
    }
}
