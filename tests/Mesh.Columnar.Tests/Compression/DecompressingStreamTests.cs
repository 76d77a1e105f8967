using System.IO.Compression;
using ICSharpCode.SharpZipLib;
using Mesh.Columnar.Compression;
using Shouldly;
using Xunit;

namespace Mesh.Columnar.Tests.Compression;

public sealed class DecompressingStreamTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Frames_come_out_whole_and_cut_ones_up_to_the_cut(bool isZstd, bool useNative)
    {
        Assert.SkipUnless(Zstd.IsNative && Lz4.IsNative, "needs libzstd.so.1 and liblz4.so.1: apt-get install libzstd1 liblz4-1");
        byte[] content = new byte[14_000_000];
        new Random(4).NextBytes(content.AsSpan(0, 13_000_000));
        byte[] frame = Compress(isZstd, content), second = Compress(isZstd, content.AsSpan(0, 100_000).ToArray());
        using var whole = Open(isZstd, [.. frame, .. second], useNative);
        using var copy = new MemoryStream();
        whole.CopyTo(copy);
        copy.ToArray().ShouldBe([.. content, .. content.AsSpan(0, 100_000)]);
        whole.Consumed.ShouldBe(frame.Length + second.Length);

        using var cut = Open(isZstd, frame[..(frame.Length * 9 / 10)], useNative);
        using var intact = new MemoryStream();
        Should.Throw<InvalidDataException>(() => cut.CopyTo(intact));
        intact.Length.ShouldBeGreaterThan(500_000);
        content.AsSpan().StartsWith(intact.ToArray()).ShouldBeTrue();
        Should.Throw<InvalidDataException>(() => cut.ReadByte());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gzip_members_are_read_to_their_end_and_a_cut_one_is_told(bool useNative)
    {
        byte[] content = new byte[300_000];
        new Random(4).NextBytes(content.AsSpan(0, 200_000));
        using var output = new MemoryStream();
        for (int i = 0; i < 2; i++)
        {
            using var member = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true);
            member.Write(content);
        }

        using var whole = Open(output.ToArray());
        using var copy = new MemoryStream();
        whole.CopyTo(copy);
        copy.ToArray().ShouldBe([.. content, .. content]);

        using var cut = Open(output.ToArray()[..^9]);
        using var intact = new MemoryStream();
        var exception = Should.Throw<Exception>(() => cut.CopyTo(intact));
        if (useNative) exception.ShouldBeOfType<InvalidDataException>();
        else exception.ShouldBeAssignableTo<SharpZipBaseException>();
        intact.Length.ShouldBeGreaterThan(300_000);

        Stream Open(byte[] bytes) => useNative ? GzipMemberStream.Open(new MemoryStream(bytes)) : GzipMemberStream.OpenManaged(new MemoryStream(bytes));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_empty_stream_and_an_empty_frame_hold_nothing(bool isZstd)
    {
        Assert.SkipUnless(Zstd.IsNative && Lz4.IsNative, "needs libzstd.so.1 and liblz4.so.1: apt-get install libzstd1 liblz4-1");
        Open(isZstd, [], useNative: true).ReadByte().ShouldBe(-1);
        Open(isZstd, Compress(isZstd, []), useNative: true).ReadByte().ShouldBe(-1);
        Open(isZstd, Compress(isZstd, []), useNative: false).ReadByte().ShouldBe(-1);
    }

    private static DecompressingStream Open(bool isZstd, byte[] bytes, bool useNative) =>
        isZstd ? new ZstdStream(new MemoryStream(bytes), useNative) : new Lz4FrameStream(new MemoryStream(bytes), useNative);

    private static byte[] Compress(bool isZstd, byte[] bytes)
    {
        byte[] target = new byte[Math.Max(Zstd.MaxCompressedLength(bytes.Length), Lz4.MaxFrameLength(bytes.Length))];
        return target[..(isZstd ? Zstd.Compress(bytes, target) : Lz4.CompressFrame(bytes, target))];
    }
}
