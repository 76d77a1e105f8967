using Mesh.Columnar.Compression;
using Mesh.Model;

namespace Mesh.Columnar.Tests.Compression;

public class ZstdTests
{
    // "mesh" three times over, with content size and checksum, made by `zstd --check`.
    private const string FrameOfTheCommandLineTool = "KLUv/SQMYQAAbWVzaG1lc2htZXNohUyDLQ==";

    [Theory]
    [InlineData(-5)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    [InlineData(19)]
    public void What_is_compressed_comes_back_from_the_library_and_from_managed_code(int level)
    {
        RequireNative();
        foreach (byte[] payload in Payloads.All(level))
        {
            byte[] compressed = Compress(payload, level);
            var native = new byte[payload.Length];
            var managed = new byte[payload.Length];

            Zstd.TryDecompress(compressed, native, out int nativeWritten).ShouldBeTrue();
            ZstdDecoder.TryDecompress(compressed, managed, out int managedWritten).ShouldBeTrue($"{payload.Length} bytes at level {level}");

            nativeWritten.ShouldBe(payload.Length);
            managedWritten.ShouldBe(payload.Length);
            native.AsSpan().SequenceEqual(payload).ShouldBeTrue();
            managed.AsSpan().SequenceEqual(payload).ShouldBeTrue();
        }
    }

    [Fact]
    public void Frames_follow_each_other_and_skippable_ones_are_skipped()
    {
        RequireNative();
        byte[] skippable = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
        byte[] source = [.. Compress("left"u8.ToArray(), 1), .. skippable, .. Compress("right"u8.ToArray(), 1)];
        foreach (var (written, text) in BothWays(source, 20))
        {
            written.ShouldBe(9);
            text[..9].ShouldBe("leftright"u8.ToArray());
        }
    }

    [Fact]
    public void A_frame_with_a_checksum_is_checked()
    {
        byte[] frame = Convert.FromBase64String(FrameOfTheCommandLineTool);
        var target = new byte[12];
        ZstdDecoder.TryDecompress(frame, target, out int written).ShouldBeTrue();
        target.ShouldBe("meshmeshmesh"u8.ToArray());
        written.ShouldBe(12);

        frame[^1] ^= 1;
        ZstdDecoder.TryDecompress(frame, target, out _).ShouldBeFalse();
        Zstd.TryDecompress(frame, target, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_frame_that_needs_a_dictionary_is_refused()
    {
        // Single segment, one byte of dictionary id (7), content size 1, one raw block.
        byte[] frame = [0x28, 0xB5, 0x2F, 0xFD, 0x21, 7, 1, 9, 0, 0, 65];
        ZstdDecoder.TryDecompress(frame, new byte[10], out int written).ShouldBeFalse();
        written.ShouldBe(0);
    }

    [Fact]
    public void A_destination_that_is_too_small_is_refused_and_not_overrun()
    {
        RequireNative();
        byte[] compressed = Compress(Payloads.Text(new Random(1), 5_000), 3);
        var guarded = new byte[5_100];
        guarded.AsSpan(4_999).Fill(0xEE);
        Zstd.TryDecompress(compressed, guarded.AsSpan(0, 4_999), out _).ShouldBeFalse();
        ZstdDecoder.TryDecompress(compressed, guarded.AsSpan(0, 4_999), out _).ShouldBeFalse();
        guarded.AsSpan(4_999).IndexOfAnyExcept((byte)0xEE).ShouldBe(-1);
    }

    [Fact]
    public void Mutated_frames_never_throw_overrun_or_disagree_with_the_library()
    {
        RequireNative();
        var random = new Random(20);
        foreach (byte[] payload in Payloads.All(3).Where(payload => payload.Length is > 0 and < 5_000))
        {
            byte[] frame = Compress(payload, random.Next(1, 6));
            for (int i = 0; i < 300; i++)
            {
                byte[] mutated = Mutations.Of(frame, random);
                var target = new byte[payload.Length + 64];
                target.AsSpan(payload.Length).Fill(0xEE);
                bool managed = ZstdDecoder.TryDecompress(mutated, target.AsSpan(0, payload.Length), out int written);
                target.AsSpan(payload.Length).IndexOfAnyExcept((byte)0xEE).ShouldBe(-1);

                var other = new byte[payload.Length];
                if (managed && Zstd.TryDecompress(mutated, other, out int otherWritten))
                {
                    otherWritten.ShouldBe(written);
                    other.AsSpan(0, written).SequenceEqual(target.AsSpan(0, written)).ShouldBeTrue();
                }
            }
        }
    }

    [Fact]
    public void Without_the_library_compressing_names_the_package()
    {
        var exception = Should.Throw<MeshException>(() => Zstd.Compress(null, [1], new byte[100], 1));
        exception.Code.ShouldBe("MESH10801");
        exception.Message.ShouldContain("libzstd1");
    }

    internal static byte[] Compress(byte[] payload, int level)
    {
        var target = new byte[Zstd.MaxCompressedLength(payload.Length)];
        return target[..Zstd.Compress(payload, target, level)];
    }

    private static IEnumerable<(int Written, byte[] Bytes)> BothWays(byte[] source, int length)
    {
        var native = new byte[length];
        Zstd.TryDecompress(source, native, out int written).ShouldBeTrue();
        yield return (written, native);
        var managed = new byte[length];
        ZstdDecoder.TryDecompress(source, managed, out written).ShouldBeTrue();
        yield return (written, managed);
    }

    private static void RequireNative() => Assert.SkipUnless(Zstd.IsNative, "needs libzstd.so.1: apt-get install libzstd1");
}
