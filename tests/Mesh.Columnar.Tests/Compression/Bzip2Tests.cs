using Mesh.Columnar.Compression;

namespace Mesh.Columnar.Tests.Compression;

public class Bzip2Tests
{
    // "mesh" three times over, made by Python's bz2 module.
    private const string StreamOfAnotherTool = "QlpoOTFBWSZTWXgowS8AAAQBgAJCCAAgACG0aDNNMIicXckU4UJB4KMEvA==";

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    public void What_either_library_compresses_both_decompress(int level)
    {
        foreach (byte[] payload in Payloads.All(level))
        {
            foreach (var (name, codec) in Codecs())
            {
                var target = new byte[Bzip2.MaxCompressedLength(payload.Length)];
                int length = codec.Compress(payload, target, level);
                length.ShouldBeGreaterThan(0, name);
                foreach (var (other, decompressor) in Codecs())
                {
                    var back = new byte[payload.Length];
                    decompressor.Decompress(target.AsSpan(0, length), back).ShouldBe(payload.Length, $"{name} read by {other}, {payload.Length} bytes");
                    back.AsSpan().SequenceEqual(payload).ShouldBeTrue($"{name} read by {other}");

                    back.AsSpan().Clear();
                    Bzip2.DecompressPrefix(target.AsSpan(0, length), back, Try(decompressor.Decompress)).ShouldBe(payload.Length, $"{name} salvaged by {other}");
                    back.AsSpan().SequenceEqual(payload).ShouldBeTrue($"{name} salvaged by {other}");
                }
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

            byte[] damaged = [.. stream];
            damaged[12] ^= 1;
            codec.Decompress(damaged, target).ShouldBe(-1, name);
            codec.Decompress([], target).ShouldBe(-1, name);
            codec.Decompress("no bzip2"u8, target).ShouldBe(-1, name);
            codec.Decompress(stream, new byte[11]).ShouldBe(-1, name);
        }
    }

    [Fact]
    public void A_cut_or_damaged_stream_gives_its_whole_blocks()
    {
        // Level 1: blocks of 100 kB.
        byte[] payload = Payloads.Text(new Random(4), 450_000);
        var stream = new byte[Bzip2.MaxCompressedLength(payload.Length)];
        stream = stream[..Bzip2.Compress(payload, stream, 1)];
        HashSet<int> lengths = [];
        foreach (var (name, codec) in Codecs())
        {
            for (int cut = 0; cut < stream.Length; cut += stream.Length / 20)
            {
                codec.Decompress(stream.AsSpan(0, cut), new byte[payload.Length]).ShouldBe(-1, $"{name} cut at {cut}");
                Check(Prefix(codec, stream.AsSpan(0, cut)), $"{name} cut at {cut}");

                byte[] damaged = [.. stream];
                damaged[cut] ^= 0x10;
                Check(Prefix(codec, damaged), $"{name} damaged at {cut}");
            }
        }

        lengths.ShouldContain(0);
        lengths.Count.ShouldBeInRange(4, 6);

        void Check(byte[] prefix, string where)
        {
            payload.AsSpan().StartsWith(prefix).ShouldBeTrue(where);
            lengths.Add(prefix.Length);
        }

        byte[] Prefix((Compressor Compress, Decompressor Decompress) codec, ReadOnlySpan<byte> source)
        {
            var target = new byte[payload.Length];
            return target[..Bzip2.DecompressPrefix(source, target, Try(codec.Decompress))];
        }
    }

    [Fact]
    public void Mutated_streams_never_throw_overrun_or_disagree()
    {
        var random = new Random(23);
        foreach (byte[] payload in Payloads.All(3).Where(payload => payload.Length is > 0 and < 5_000).Take(8))
        {
            var stream = new byte[Bzip2.MaxCompressedLength(payload.Length)];
            stream = stream[..Bzip2.Compress(payload, stream, 1)];
            for (int i = 0; i < 60; i++)
            {
                byte[] mutated = Mutations.Of(stream, random);
                var guarded = new byte[payload.Length + 64];
                guarded.AsSpan(payload.Length).Fill(0xEE);
                foreach (var (name, codec) in Codecs())
                {
                    var destination = guarded.AsSpan(0, payload.Length);
                    if (codec.Decompress(mutated, destination) == payload.Length) destination.SequenceEqual(payload).ShouldBeTrue(name);
                    int prefix = Bzip2.DecompressPrefix(mutated, destination, Try(codec.Decompress));
                    destination[..prefix].SequenceEqual(payload.AsSpan(0, prefix)).ShouldBeTrue(name);
                    guarded.AsSpan(payload.Length).IndexOfAnyExcept((byte)0xEE).ShouldBe(-1, name);
                }
            }
        }
    }

    [Fact]
    public void The_library_in_use_is_named() => Bzip2.Library.ShouldBe(NativeBzip2.TryLoad() is null ? "managed" : "libbz2");

    private delegate int Compressor(ReadOnlySpan<byte> source, Span<byte> destination, int level);

    private delegate int Decompressor(ReadOnlySpan<byte> source, Span<byte> destination);

    private static Bzip2.Decompressor Try(Decompressor decompress) => (ReadOnlySpan<byte> source, Span<byte> destination, out int written) =>
    {
        int result = decompress(source, destination);
        written = Math.Max(0, result);
        return result >= 0;
    };

    private static List<(string Name, (Compressor Compress, Decompressor Decompress) Codec)> Codecs()
    {
        List<(string, (Compressor, Decompressor))> codecs = [("managed", (ManagedBzip2.Compress, ManagedBzip2.Decompress))];
        if (NativeBzip2.TryLoad() is { } native) codecs.Add(("libbz2", (native.Compress, native.Decompress)));
        return codecs;
    }
}
