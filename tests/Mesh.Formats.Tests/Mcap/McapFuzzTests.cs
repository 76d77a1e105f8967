using Mesh.Formats.Mcap;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

public sealed class McapFuzzTests
{
    [Theory]
    [InlineData(McapCompression.None, true)]
    [InlineData(McapCompression.Lz4, true)]
    [InlineData(McapCompression.Zstd, true)]
    [InlineData(McapCompression.None, false)]
    public async Task Mutated_recordings_never_throw_and_never_invent(McapCompression compression, bool chunks)
    {
        byte[] valid = await McapSamples.WriteAsync(new McapWriterOptions { ChunkBytes = 2048, Compression = compression, UseChunks = chunks }, messages: 150);
        var random = new Random(11);
        int rounds = Require.Level == TestLevel.Fast ? 100 : 500;
        for (int round = 0; round < rounds; round++)
        {
            byte[] mutated = Mutate(valid, random);
            var options = new McapReaderOptions { MaxChunkBytes = 1 << 20, MaxRecordBytes = 1 << 20, ReadBytes = 1 + random.Next(5000) };
            try
            {
                var read = await McapReading.ForwardAsync(mutated, options);
                if (chunks && read.Losses.Count == 0)
                {
                    // Everything in a chunk is under its CRC: what is delivered without a loss is what was written.
                    read.Messages.ShouldAllBe(message => message.Payload.SequenceEqual(McapSamples.Payload((int)message.Sequence)), $"round {round}");
                }

                foreach (var order in new[] { RecordingOrder.File, RecordingOrder.LogTime })
                {
                    await McapReading.IndexedAsync(mutated, options: options with { MaxBufferedBytes = random.Next(1, 20_000) }, order: order);
                }

                await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(mutated), TestContext.Current.CancellationToken);
                if (await reader.ReadSummaryAsync(TestContext.Current.CancellationToken) is { } summary)
                {
                    foreach (var attachment in summary.Attachments) await OpenAsync(reader, attachment);
                }

                await McapDoctorTests.ExamineAsync(mutated);
            }
            catch (RecordingFormatException)
            {
                mutated.AsSpan().StartsWith(McapRecordLexer.Magic).ShouldBeFalse($"round {round}");
            }
        }
    }

    [Fact]
    public async Task Record_soup_ends()
    {
        // Prefixes that look right, lengths and contents that are not: the worst case for finding the way back.
        var random = new Random(12);
        for (int round = 0; round < 30; round++)
        {
            using var soup = new MemoryStream();
            soup.Write(McapRecordLexer.Magic);
            while (soup.Length < 100_000)
            {
                soup.WriteByte((byte)random.Next(0, 17));
                soup.Write(BitConverter.GetBytes((ulong)random.Next(0, 200)));
                byte[] content = new byte[random.Next(0, 120)];
                if (random.Next(2) == 0) random.NextBytes(content);
                soup.Write(content);
            }

            var read = await McapReading.ForwardAsync(soup.ToArray());
            read.Losses.ShouldNotBeEmpty();
        }
    }

    private static async Task OpenAsync(RecordingReader reader, RecordingAttachment attachment)
    {
        try
        {
            await using var stream = await reader.OpenAttachmentAsync(attachment, TestContext.Current.CancellationToken);
            await stream.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        }
        catch (RecordingFormatException exception)
        {
            exception.Code.ShouldBe("MESH10011");
        }
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        byte[] bytes = [.. valid];
        for (int i = random.Next(1, 6); i > 0 && bytes.Length > 1; i--)
        {
            int at = random.Next(bytes.Length);
            int length = Math.Min(random.Next(1, 40), bytes.Length - at);
            switch (random.Next(7))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: random.NextBytes(bytes.AsSpan(at, length)); break;
                case 2: bytes.AsSpan(at, length).Fill((byte)(random.Next(2) * 255)); break;
                case 3: bytes = bytes[..at]; break;
                case 4: bytes = [.. bytes[..at], .. bytes[(at + length)..]]; break;
                case 5: bytes = [.. bytes[..at], .. bytes.AsSpan(random.Next(bytes.Length - length + 1), length), .. bytes[at..]]; break;
                case 6: BitConverter.GetBytes(random.NextInt64()).AsSpan(0, Math.Min(8, bytes.Length - at)).CopyTo(bytes.AsSpan(at)); break;
            }
        }

        return bytes;
    }
}
