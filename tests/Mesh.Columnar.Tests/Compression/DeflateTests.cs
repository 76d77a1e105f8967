using Mesh.Columnar.Compression;

namespace Mesh.Columnar.Tests.Compression;

public class DeflateTests
{
    // "mesh" three times over, made by Python's zlib module.
    private const string StreamOfAnotherTool = "eNrLTS3OyIViACC7BQg=";

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(9)]
    public void What_any_library_compresses_every_library_decompresses(int level)
    {
        foreach (byte[] payload in Payloads.All(level))
        {
            foreach (var (name, codec) in Codecs())
            {
                var target = new byte[Deflate.MaxCompressedLength(payload.Length)];
                int length = codec.Compress(payload, target, level);
                length.ShouldBeGreaterThan(0, name);
                foreach (var (other, decompressor) in Codecs())
                {
                    var back = new byte[payload.Length];
                    decompressor.Decompress(target.AsSpan(0, length), back).ShouldBe(payload.Length, $"{name} read by {other}, {payload.Length} bytes");
                    back.AsSpan().SequenceEqual(payload).ShouldBeTrue($"{name} read by {other}");
                }

                var prefix = new byte[payload.Length];
                Deflate.DecompressPrefix(target.AsSpan(0, length), prefix).ShouldBe(payload.Length, name);
                prefix.AsSpan().SequenceEqual(payload).ShouldBeTrue(name);
            }
        }
    }

    [Fact]
    public void A_stream_of_another_tool_is_read_and_its_checksum_checked()
    {
        byte[] stream = Convert.FromBase64String(StreamOfAnotherTool);
        foreach (var (name, codec) in Codecs())
        {
            var target = new byte[20];
            codec.Decompress(stream, target).ShouldBe(12, name);
            target.AsSpan(0, 12).SequenceEqual("meshmeshmesh"u8).ShouldBeTrue(name);
            codec.Decompress([.. stream, 1, 2, 3], target).ShouldBe(12, name);

            byte[] damaged = [.. stream];
            damaged[^1] ^= 1;
            codec.Decompress(damaged, target).ShouldBe(-1, name);
            codec.Decompress([], target).ShouldBe(-1, name);
            codec.Decompress(stream, new byte[11]).ShouldBe(-1, name);
        }
    }

    [Fact]
    public void The_prefix_of_a_cut_stream_is_a_true_prefix_and_grows_with_it()
    {
        byte[] payload = Payloads.Text(new Random(4), 60_000);
        foreach (var (name, codec) in Codecs())
        {
            var target = new byte[Deflate.MaxCompressedLength(payload.Length)];
            int length = codec.Compress(payload, target, 6);
            int before = 0;
            for (int cut = 0; cut < length; cut += 97)
            {
                codec.Decompress(target.AsSpan(0, cut), new byte[payload.Length]).ShouldBe(-1, $"{name} cut at {cut}");
                var prefix = new byte[payload.Length];
                int written = Deflate.DecompressPrefix(target.AsSpan(0, cut), prefix);
                written.ShouldBeGreaterThanOrEqualTo(before);
                prefix.AsSpan(0, written).SequenceEqual(payload.AsSpan(0, written)).ShouldBeTrue($"{name} cut at {cut}");
                before = written;
            }

            before.ShouldBeGreaterThan(payload.Length * 9 / 10, name);
        }
    }

    [Fact]
    public void A_stored_block_that_is_cut_gives_the_bytes_that_are_there()
    {
        byte[] stream = [0x78, 0x01, 0x01, 5, 0, 0xFA, 0xFF, .. "mes"u8];
        var target = new byte[10];
        Deflate.DecompressPrefix(stream, target).ShouldBe(3);
        target.AsSpan(0, 3).SequenceEqual("mes"u8).ShouldBeTrue();
    }

    [Fact]
    public void Mutated_streams_never_throw_overrun_or_disagree()
    {
        var random = new Random(22);
        foreach (byte[] payload in Payloads.All(3).Where(payload => payload.Length is > 0 and < 5_000))
        {
            var stream = new byte[Deflate.MaxCompressedLength(payload.Length)];
            stream = stream[..Deflate.Compress(payload, stream, random.Next(1, 10))];
            for (int i = 0; i < 300; i++)
            {
                byte[] mutated = Mutations.Of(stream, random);
                var guarded = new byte[payload.Length + 64];
                guarded.AsSpan(payload.Length).Fill(0xEE);
                var destination = guarded.AsSpan(0, payload.Length);
                int prefix = Deflate.DecompressPrefix(mutated, destination);
                prefix.ShouldBeInRange(0, payload.Length);
                byte[] salvaged = [.. destination[..prefix]];
                foreach (var (name, codec) in Codecs())
                {
                    int written = codec.Decompress(mutated, destination);
                    if (written < 0) continue;
                    prefix.ShouldBe(written, name);
                    destination[..written].SequenceEqual(salvaged).ShouldBeTrue(name);
                }

                guarded.AsSpan(payload.Length).IndexOfAnyExcept((byte)0xEE).ShouldBe(-1);
            }
        }
    }

    [Fact]
    public void A_target_that_is_too_small_is_refused_and_not_overrun()
    {
        byte[] payload = Payloads.Random(new Random(1), 5_000);
        foreach (var (name, codec) in Codecs())
        {
            var guarded = new byte[5_000];
            guarded.AsSpan(4_000).Fill(0xEE);
            codec.Compress(payload, guarded.AsSpan(0, 4_000), 6).ShouldBe(-1, name);
            guarded.AsSpan(4_000).IndexOfAnyExcept((byte)0xEE).ShouldBe(-1, name);
        }

        Should.Throw<ArgumentException>(() => Deflate.Compress(payload, new byte[100]));
        Should.Throw<ArgumentOutOfRangeException>(() => Deflate.Compress(payload, new byte[6_000], level: 10));
    }

    [Fact]
    public void The_library_in_use_is_named() => Deflate.Library.ShouldBe(
        NativeLibdeflate.TryLoad() is not null ? "libdeflate" : NativeZlib.TryLoad() is not null ? "libz" : "managed");

    private delegate int Compressor(ReadOnlySpan<byte> source, Span<byte> destination, int level);

    private delegate int Decompressor(ReadOnlySpan<byte> source, Span<byte> destination);

    private static List<(string Name, (Compressor Compress, Decompressor Decompress) Codec)> Codecs()
    {
        List<(string, (Compressor, Decompressor))> codecs = [("managed", (ManagedDeflate.Compress, ManagedDeflate.Decompress))];
        if (NativeLibdeflate.TryLoad() is { } libdeflate) codecs.Add(("libdeflate", (libdeflate.Compress, libdeflate.Decompress)));
        if (NativeZlib.TryLoad() is { } zlib) codecs.Add(("libz", (zlib.Compress, zlib.Decompress)));
        return codecs;
    }
}
