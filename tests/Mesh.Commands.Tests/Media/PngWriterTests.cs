using Mesh.Commands.Media.Images;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Media;

public sealed class PngWriterTests : IDisposable
{
    // A decoder by hand over Python's zlib: chunks with their CRC, the filters that are used, then the pixels as hex.
    private const string Decoder =
        """
        import sys, zlib, struct
        data = open(sys.argv[1], 'rb').read()
        assert data[:8] == b'\x89PNG\r\n\x1a\n'
        at, chunks = 8, []
        while at < len(data):
            length, kind = struct.unpack('>I4s', data[at:at + 8])
            body = data[at + 8:at + 8 + length]
            assert zlib.crc32(kind + body) == struct.unpack('>I', data[at + 8 + length:at + 12 + length])[0]
            chunks.append((kind, body)); at += 12 + length
        assert [k for k, _ in chunks if k != b'PLTE'] == [b'IHDR', b'IDAT', b'IEND']
        width, height, depth, colour, method, filters, interlace = struct.unpack('>IIBBBBB', chunks[0][1])
        assert (depth, method, filters, interlace) == (8, 0, 0, 0)
        n = {0: 1, 2: 3, 3: 1}[colour]
        rows, palette = zlib.decompress(dict(chunks)[b'IDAT']), dict(chunks).get(b'PLTE')
        assert len(rows) == height * (1 + width * n)
        out = bytearray()
        for y in range(height):
            row = bytearray(rows[y * (1 + width * n):(y + 1) * (1 + width * n)])
            kind, row = row[0], row[1:]
            assert kind in (0, 1)
            if kind == 1:
                for i in range(n, len(row)): row[i] = (row[i] + row[i - n]) & 255
            out += row
        if palette: out = b''.join(palette[3 * i:3 * i + 3] for i in out)
        print(width, height, colour, out.hex())
        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(257, 5)]
    public async Task Grey_and_colour_pictures_are_read_by_a_foreign_decoder(int width, int height)
    {
        byte[] grey = new byte[width * height], colour = new byte[width * height * 3];
        new Random(width).NextBytes(grey);
        new Random(height).NextBytes(colour);

        (await DecodeAsync(PngWriter.WriteGrey(width, height, grey))).ShouldBe($"{width} {height} 0 {Convert.ToHexStringLower(grey)}");
        (await DecodeAsync(PngWriter.WriteRgb(width, height, colour))).ShouldBe($"{width} {height} 2 {Convert.ToHexStringLower(colour)}");
    }

    [Fact]
    public async Task Palette_colours_are_read_by_a_foreign_decoder() =>
        (await DecodeAsync(PngWriter.WriteIndexed(2, 2, [0, 1, 1, 0], [10, 20, 30, 255, 0, 128]))).ShouldBe("2 2 3 0a141eff0080ff00800a141e");

    [Fact]
    public void Pixels_that_do_not_fill_the_picture_are_refused() => Should.Throw<ArgumentException>(() => PngWriter.WriteGrey(3, 3, new byte[8]));

    private async Task<string> DecodeAsync(byte[] png)
    {
        string script = Path.Combine(folder.Path, "decode.py"), file = Path.Combine(folder.Path, $"{Guid.NewGuid():N}.png");
        await File.WriteAllTextAsync(script, Decoder, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(file, png, TestContext.Current.CancellationToken);
        return (await ToolProcess.RunAsync(Require.Program("python3", "apt-get install python3"), script, file)).Trim();
    }
}
