using Mesh.Columnar.Compression;

namespace Mesh.Columnar.Tests.Compression;

public class PrefixTests
{
    [Fact]
    public void Whole_data_is_its_own_prefix()
    {
        RequireNative();
        foreach (byte[] payload in Payloads.All(8))
        {
            var target = new byte[payload.Length];
            Zstd.DecompressPrefix(ZstdTests.Compress(payload, 3), target).ShouldBe(payload.Length);
            target.AsSpan().SequenceEqual(payload).ShouldBeTrue();
            target.AsSpan().Clear();
            Lz4.DecompressFramePrefix(Lz4Frame(payload), target).ShouldBe(payload.Length);
            target.AsSpan().SequenceEqual(payload).ShouldBeTrue();
        }
    }

    [Fact]
    public void A_cut_lz4_frame_gives_every_whole_sequence()
    {
        RequireNative();
        byte[] payload = Payloads.Text(new Random(5), 500_000);
        byte[] frame = Lz4Frame(payload);
        int before = 0;
        for (int cut = 0; cut < frame.Length; cut += 1_009)
        {
            var target = new byte[payload.Length];
            int written = Lz4.DecompressFramePrefix(frame.AsSpan(0, cut), target);
            target.AsSpan(0, written).SequenceEqual(payload.AsSpan(0, written)).ShouldBeTrue($"cut at {cut}");
            written.ShouldBeGreaterThanOrEqualTo(before);
            if (cut > 0) written.ShouldBeGreaterThan((int)((long)payload.Length * cut / frame.Length * 9 / 10) - 2_000, $"cut at {cut} of {frame.Length}");
            before = written;
        }
    }

    [Fact]
    public void A_cut_zstd_frame_gives_its_whole_blocks()
    {
        RequireNative();
        byte[] payload = Payloads.Text(new Random(6), 900_000);
        byte[] frame = ZstdTests.Compress(payload, 1);
        HashSet<int> lengths = [];
        for (int cut = 0; cut < frame.Length; cut += frame.Length / 50)
        {
            var target = new byte[payload.Length];
            int written = Zstd.DecompressPrefix(frame.AsSpan(0, cut), target);
            target.AsSpan(0, written).SequenceEqual(payload.AsSpan(0, written)).ShouldBeTrue($"cut at {cut}");
            lengths.Add(written);
        }

        // 128 KiB each.
        lengths.Order().ShouldBe(Enumerable.Range(0, 7).Select(block => block << 17));
    }

    [Fact]
    public void A_damaged_zstd_block_ends_the_prefix_before_it()
    {
        RequireNative();
        byte[] payload = Payloads.Text(new Random(7), 600_000);
        byte[] frame = ZstdTests.Compress(payload, 1);
        int shorter = 0;
        for (int at = 20; at < frame.Length; at += frame.Length / 40)
        {
            byte[] damaged = [.. frame];
            damaged[at] ^= 0x40;
            var target = new byte[payload.Length];
            int written = Zstd.DecompressPrefix(damaged, target);
            if (written == payload.Length) continue;
            shorter++;
            int whole = Math.Min(written, (int)((long)payload.Length * at / frame.Length) >> 17 << 17);
            target.AsSpan(0, whole).SequenceEqual(payload.AsSpan(0, whole)).ShouldBeTrue($"damaged at {at}");
        }

        shorter.ShouldBeGreaterThan(10);
    }

    [Fact]
    public void A_second_frame_that_is_damaged_leaves_the_first()
    {
        RequireNative();
        byte[] left = Payloads.Text(new Random(8), 3_000), right = Payloads.Text(new Random(9), 3_000);
        foreach (bool isLz4 in new[] { false, true })
        {
            byte[] first = isLz4 ? Lz4Frame(left) : ZstdTests.Compress(left, 1), second = isLz4 ? Lz4Frame(right) : ZstdTests.Compress(right, 1);
            byte[] source = [.. first, .. second[..10]];
            var target = new byte[6_000];
            (isLz4 ? Lz4.DecompressFramePrefix(source, target) : Zstd.DecompressPrefix(source, target)).ShouldBe(3_000);
            target.AsSpan(0, 3_000).SequenceEqual(left).ShouldBeTrue();
        }
    }

    [Fact]
    public void Mutated_data_never_throws_or_overruns()
    {
        RequireNative();
        var random = new Random(24);
        foreach (byte[] payload in Payloads.All(3).Where(payload => payload.Length is > 0 and < 5_000))
        {
            byte[] zstd = ZstdTests.Compress(payload, 3), lz4 = Lz4Frame(payload);
            for (int i = 0; i < 300; i++)
            {
                var guarded = new byte[payload.Length + 64];
                guarded.AsSpan(payload.Length).Fill(0xEE);
                Zstd.DecompressPrefix(Mutations.Of(zstd, random), guarded.AsSpan(0, payload.Length)).ShouldBeInRange(0, payload.Length);
                Lz4.DecompressFramePrefix(Mutations.Of(lz4, random), guarded.AsSpan(0, payload.Length)).ShouldBeInRange(0, payload.Length);
                guarded.AsSpan(payload.Length).IndexOfAnyExcept((byte)0xEE).ShouldBe(-1);
            }
        }
    }

    private static byte[] Lz4Frame(byte[] payload)
    {
        var target = new byte[Lz4.MaxFrameLength(payload.Length)];
        return target[..Lz4.CompressFrame(payload, target)];
    }

    private static void RequireNative()
    {
        Assert.SkipUnless(Lz4.IsNative, "needs liblz4.so.1: apt-get install liblz4-1");
        Assert.SkipUnless(Zstd.IsNative, "needs libzstd.so.1: apt-get install libzstd1");
    }
}
