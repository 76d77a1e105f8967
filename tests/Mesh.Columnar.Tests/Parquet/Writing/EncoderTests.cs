using Mesh.Columnar.Tests.Compression;
using Mesh.Columnar.Parquet;

namespace Mesh.Columnar.Tests.Parquet.Writing;

public class EncoderTests
{
    [Fact]
    public void Encodings_md_gives_this_example_of_differences()
    {
        // "7, 5, 3, 1, 2, 3, 4, 5": deltas -2, -2, -2, 1, 1, 1, 1; the smallest is -2, the rest take two bits (Encodings.md, "DELTA_BINARY_PACKED").
        var target = new PooledList<byte>();
        DeltaBinaryPackedEncoder.Encode<int>([7, 5, 3, 1, 2, 3, 4, 5], target);
        target.Span[..12].ToArray().ShouldBe([0x80, 0x04, 4, 8, 14, 3, 2, 0, 0, 0, 0b11000000, 0b00111111]);
        target.Span[12..].ToArray().ShouldBe(new byte[30]);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(1_000_000, 16)]
    public void Many_differences_lie_in_long_miniblocks_unless_outliers_would_widen_them(int outlier, int miniBlocks)
    {
        var random = new Random(1);
        long time = 0;
        long[] values = [.. Enumerable.Range(0, 5000).Select(i => time += 1000 + random.Next(64) + (i % 256 == 200 ? outlier : 0))];
        var target = new PooledList<byte>();
        DeltaBinaryPackedEncoder.Encode<long>(values, target);
        target.Span[..3].ToArray().ShouldBe([0x80, 0x10, (byte)miniBlocks]);
        var decoder = new DeltaDecoder();
        decoder.Reset(target.Array, 0, target.Length);
        long[] read = new long[values.Length];
        decoder.Read(read);
        read.ShouldBe(values);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    public void Splitting_puts_byte_k_of_value_i_at_place_i_of_stream_k(int width)
    {
        foreach (int count in (int[])[0, 1, 7, 8, 9, 16, 17, 100])
        {
            byte[] plain = Payloads.Random(new Random(count), count * width);
            var target = new PooledList<byte>();
            target.Add(1);
            ByteStreamSplitEncoder.Encode(plain, width, target);
            for (int i = 0; i < plain.Length; i++) target.Span[1 + (i % width * count) + (i / width)].ShouldBe(plain[i]);
            target.Length.ShouldBe(1 + plain.Length);
        }
    }

    [Fact]
    public void Packed_values_lie_bit_after_bit_at_every_width()
    {
        var random = new Random(3);
        for (int width = 1; width <= 64; width++)
        {
            foreach (int count in (int[])[1, 8, 13, 64])
            {
                ulong[] values = [.. Enumerable.Range(0, count).Select(_ => (ulong)random.NextInt64() * 3 & (width == 64 ? ulong.MaxValue : (1UL << width) - 1))];
                var target = new PooledList<byte>();
                BitPacker.Pack<ulong>(values, width, target);
                target.Length.ShouldBe((count + 7) / 8 * width);
                for (int bit = 0; bit < target.Length * 8; bit++)
                {
                    ulong value = bit / width < count ? values[bit / width] : 0;
                    ((target.Span[bit >> 3] >> (bit & 7)) & 1).ShouldBe((int)((value >> (bit % width)) & 1));
                }
            }
        }
    }

    [Theory]
    [InlineData(0, 0.01)]
    [InlineData(1000, 0.01)]
    [InlineData(50_000, 0.001)]
    public void A_Bloom_filter_never_misses_and_seldom_errs(int count, double rate)
    {
        byte[] blocks = new byte[SplitBlockBloomFilter.BytesFor(count, rate)];
        var random = new Random(count);
        ulong[] hashes = [.. Enumerable.Range(0, count).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue))];
        foreach (ulong hash in hashes) SplitBlockBloomFilter.Insert(blocks, hash);
        hashes.ShouldAllBe(hash => SplitBlockBloomFilter.MayContain(blocks, hash));
        const int Probes = 100_000;
        int errors = 0;
        for (int i = 0; i < Probes; i++) errors += SplitBlockBloomFilter.MayContain(blocks, (ulong)random.NextInt64(long.MinValue, long.MaxValue)) ? 1 : 0;
        errors.ShouldBeLessThan((int)(Probes * rate * 2) + 1);
    }
}
