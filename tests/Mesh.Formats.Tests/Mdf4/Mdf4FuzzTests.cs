using System.Diagnostics;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf4;

[Collection(nameof(Alone))]
public sealed class Mdf4FuzzTests
{
    [Fact]
    public async Task Mutated_files_never_throw_hang_or_grow()
    {
        Require.AtLeast(TestLevel.Default);
        var random = new Random(17);
        byte[][] seeds = [.. Mdf4DamageTests.Seeds().Where(path => new FileInfo(path).Length < 60_000).Select(File.ReadAllBytes)];
        var watch = Stopwatch.StartNew();
        int rounds = 0;
        long most = 0, lengths = 0;
        for (; rounds < 1500 && (rounds < 200 || watch.ElapsedMilliseconds < 12_000); rounds++)
        {
            byte[] mutated = Mutate(seeds[rounds % seeds.Length], random);
            long before = GC.GetTotalAllocatedBytes();
            try
            {
                await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(mutated), Mdf4DamageTests.Small with { Parallelism = 1 + (rounds % 2) }, TestContext.Current.CancellationToken);
                var summary = await reader.ReadSummaryAsync(TestContext.Current.CancellationToken);
                while (await reader.ReadBlockAsync(TestContext.Current.CancellationToken) is { } block)
                {
                    for (int i = 0; i < block.Messages.Length; i++) lengths += block[block.Messages.Span[i]].Length;
                }

                foreach (var attachment in summary?.Attachments ?? [])
                {
                    await using var stream = await reader.OpenAttachmentAsync(attachment, TestContext.Current.CancellationToken);
                }

                reader.Losses.Sum(loss => Math.Min(loss.Bytes, 1L << 50)).ShouldBeGreaterThanOrEqualTo(0);
            }
            catch (RecordingFormatException)
            {
            }

            most = Math.Max(most, GC.GetTotalAllocatedBytes() - before);
        }

        most.ShouldBeLessThan(256 << 20);
        rounds.ShouldBeGreaterThan(100);
        lengths.ShouldBeGreaterThan(100_000);
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        byte[] bytes = [.. valid];
        for (int i = random.Next(1, 6); i > 0 && bytes.Length > 64; i--)
        {
            // Most damage goes where structure is: the first bytes of blocks.
            int at = random.Next(64, bytes.Length);
            if (random.Next(3) > 0)
            {
                int block = bytes.AsSpan(at).IndexOf("##"u8);
                if (block >= 0) at = Math.Min(bytes.Length - 1, at + block + random.Next(80));
            }

            int length = Math.Min(random.Next(1, 40), bytes.Length - at);
            switch (random.Next(7))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: random.NextBytes(bytes.AsSpan(at, length)); break;
                case 2: bytes.AsSpan(at, length).Fill((byte)(random.Next(2) * 255)); break;
                case 3 when random.Next(3) == 0: bytes = bytes[..at]; break;
                case 4: bytes = [.. bytes[..at], .. bytes[(at + length)..]]; break;
                case 5: bytes = [.. bytes[..at], .. bytes.AsSpan(random.Next(bytes.Length - length + 1), length), .. bytes[at..]]; break;
                case 6: BitConverter.GetBytes(random.Next(2) == 0 ? random.NextInt64() : random.Next(bytes.Length)).AsSpan(0, Math.Min(8, bytes.Length - at)).CopyTo(bytes.AsSpan(at)); break;
            }
        }

        return bytes;
    }
}
