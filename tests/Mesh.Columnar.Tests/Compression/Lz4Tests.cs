using System.Buffers.Binary;
using Mesh.Columnar.Compression;
using Mesh.Model;

namespace Mesh.Columnar.Tests.Compression;

public class Lz4Tests
{
    [Fact]
    public void Frames_come_back_from_the_library_and_from_managed_code()
    {
        RequireNative();
        foreach (byte[] payload in Payloads.All(5))
        {
            byte[] frame = CompressFrame(payload);
            foreach (var (written, bytes) in BothWays(frame, payload.Length))
            {
                written.ShouldBe(payload.Length);
                bytes.AsSpan().SequenceEqual(payload).ShouldBeTrue();
            }
        }
    }

    [Fact]
    public void Blocks_come_back_from_the_library_and_from_managed_code()
    {
        RequireNative();
        foreach (byte[] payload in Payloads.All(6))
        {
            var target = new byte[Lz4.MaxBlockLength(payload.Length)];
            byte[] block = target[..Lz4.CompressBlock(payload, target)];
            var native = new byte[payload.Length];
            var managed = new byte[payload.Length];
            Lz4.TryDecompressBlock(block, native).ShouldBeTrue();
            Lz4Decoder.DecompressBlock(block, managed).ShouldBe(payload.Length);
            native.AsSpan().SequenceEqual(payload).ShouldBeTrue();
            managed.AsSpan().SequenceEqual(payload).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    [InlineData(6, false)]
    [InlineData(7, true)]
    public void Every_block_size_linked_or_independent_with_every_checksum(int blockSizeId, bool independent)
    {
        RequireNative();
        byte[] payload = Payloads.Text(new Random(blockSizeId), 700_000);
        byte[] frame = HandMadeFrame(payload, blockSizeId, independent);
        foreach (var (written, bytes) in BothWays(frame, payload.Length))
        {
            written.ShouldBe(payload.Length);
            bytes.AsSpan().SequenceEqual(payload).ShouldBeTrue();
        }

        frame[^1] ^= 1;
        Lz4.TryDecompressFrame(frame, new byte[payload.Length], out _).ShouldBeFalse();
        Lz4Decoder.TryDecompressFrames(frame, new byte[payload.Length], out _).ShouldBeFalse();
    }

    [Fact]
    public void A_frame_broken_off_does_not_spoil_the_next_one()
    {
        RequireNative();
        var payload = new byte[100_000];
        var frame = new byte[Lz4.MaxFrameLength(payload.Length)];
        int length = Lz4.CompressFrame(payload, frame);
        Lz4.TryDecompressFrame(frame.AsSpan(0, length / 2), payload, out _).ShouldBeFalse();

        byte[] header = [0x60, 0x40];
        byte[] withoutContentSize = [0x04, 0x22, 0x4D, 0x18, .. header, (byte)(XxHash32.Hash(header) >> 8), 4, 0, 0, 0x80, .. "mesh"u8, 0, 0, 0, 0];
        Lz4.TryDecompressFrame(withoutContentSize, payload, out int written).ShouldBeTrue();
        payload.AsSpan(0, written).SequenceEqual("mesh"u8).ShouldBeTrue();
    }

    [Fact]
    public void A_linked_block_refers_to_its_predecessor()
    {
        // "mesh" stored, then a block that is one match of 12 bytes at distance 4 and the five literals every block ends with.
        byte[] header = [0x40, 0x40];
        byte[] frame =
        [
            0x04, 0x22, 0x4D, 0x18, .. header, (byte)(XxHash32.Hash(header) >> 8),
            4, 0, 0, 0x80, .. "mesh"u8, 9, 0, 0, 0, 0x08, 4, 0, 0x50, .. "-end-"u8, 0, 0, 0, 0,
        ];
        foreach (var (written, bytes) in BothWays(frame, 30)) bytes.AsSpan(0, written).SequenceEqual("meshmeshmeshmesh-end-"u8).ShouldBeTrue();
    }

    [Fact]
    public void Frames_follow_each_other_and_skippable_ones_are_skipped()
    {
        RequireNative();
        byte[] skippable = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
        byte[] source = [.. skippable, .. CompressFrame("left"u8.ToArray()), .. skippable, .. CompressFrame("right"u8.ToArray())];
        foreach (var (written, bytes) in BothWays(source, 20)) bytes.AsSpan(0, written).SequenceEqual("leftright"u8).ShouldBeTrue();
    }

    [Fact]
    public void A_truncated_frame_is_refused()
    {
        RequireNative();
        byte[] frame = CompressFrame(Payloads.Text(new Random(1), 1_000));
        for (int length = 1; length < frame.Length; length++)
        {
            Lz4.TryDecompressFrame(frame.AsSpan(0, length), new byte[1_000], out int written).ShouldBeFalse($"{length} of {frame.Length} bytes");
            written.ShouldBe(0);
            Lz4Decoder.TryDecompressFrames(frame.AsSpan(0, length), new byte[1_000], out _).ShouldBeFalse();
        }
    }

    [Fact]
    public void Mutated_frames_and_blocks_never_throw_or_overrun()
    {
        RequireNative();
        var random = new Random(21);
        foreach (byte[] payload in Payloads.All(3).Where(payload => payload.Length is > 0 and < 5_000))
        {
            byte[] frame = CompressFrame(payload);
            var block = new byte[Lz4.MaxBlockLength(payload.Length)];
            block = block[..Lz4.CompressBlock(payload, block)];
            for (int i = 0; i < 300; i++)
            {
                var target = new byte[payload.Length + 64];
                target.AsSpan(payload.Length).Fill(0xEE);
                var destination = target.AsSpan(0, payload.Length);
                byte[] mutated = Mutations.Of(frame, random);
                Lz4Decoder.TryDecompressFrames(mutated, destination, out _);
                Lz4.TryDecompressFrame(mutated, destination, out _);
                byte[] mutatedBlock = Mutations.Of(block, random);
                Lz4Decoder.DecompressBlock(mutatedBlock, destination).ShouldBeLessThanOrEqualTo(payload.Length);
                Lz4.TryDecompressBlock(mutatedBlock, destination);
                target.AsSpan(payload.Length).IndexOfAnyExcept((byte)0xEE).ShouldBe(-1);
            }
        }
    }

    [Fact]
    public void Without_the_library_compressing_names_the_package()
    {
        var exception = Should.Throw<MeshException>(() => Lz4.Require(null));
        exception.Code.ShouldBe("MESH10802");
        exception.Message.ShouldContain("liblz4-1");
    }

    private static byte[] CompressFrame(byte[] payload)
    {
        var target = new byte[Lz4.MaxFrameLength(payload.Length)];
        return target[..Lz4.CompressFrame(payload, target)];
    }

    /// <summary>A frame with block and content checksums, whose linked blocks happen not to use the link.</summary>
    private static byte[] HandMadeFrame(byte[] payload, int blockSizeId, bool independent)
    {
        byte[] header = [(byte)(0x54 | (independent ? 0x20 : 0)), (byte)(blockSizeId << 4)];
        var frame = new List<byte>([0x04, 0x22, 0x4D, 0x18, .. header, (byte)(XxHash32.Hash(header) >> 8)]);
        int blockBytes = 1 << (8 + (2 * blockSizeId));
        for (int at = 0; at < payload.Length; at += blockBytes)
        {
            var source = payload.AsSpan(at, Math.Min(blockBytes, payload.Length - at));
            var block = new byte[Lz4.MaxBlockLength(source.Length)];
            block = block[..Lz4.CompressBlock(source, block)];
            frame.AddRange([.. BitConverter.GetBytes(block.Length), .. block, .. BitConverter.GetBytes(XxHash32.Hash(block))]);
        }

        var end = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(4), XxHash32.Hash(payload));
        frame.AddRange(end);
        return [.. frame];
    }

    private static IEnumerable<(int Written, byte[] Bytes)> BothWays(byte[] source, int length)
    {
        var native = new byte[length];
        Lz4.TryDecompressFrame(source, native, out int written).ShouldBeTrue();
        yield return (written, native);
        var managed = new byte[length];
        Lz4Decoder.TryDecompressFrames(source, managed, out written).ShouldBeTrue();
        yield return (written, managed);
    }

    private static void RequireNative() => Assert.SkipUnless(Lz4.IsNative, "needs liblz4.so.1: apt-get install liblz4-1");
}
