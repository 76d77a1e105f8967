using Mesh.Commands.Media.Images;
using Mesh.Model;

namespace Mesh.Commands.Tests.Media;

public sealed class RawImageDecoderTests
{
    private const long MaxPixels = 1_000_000;

    [Theory]
    [InlineData("rgb8", new byte[] { 1, 2, 3, 4, 5, 6 }, new byte[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("bgr8", new byte[] { 1, 2, 3, 4, 5, 6 }, new byte[] { 3, 2, 1, 6, 5, 4 })]
    [InlineData("8UC3", new byte[] { 1, 2, 3, 4, 5, 6 }, new byte[] { 3, 2, 1, 6, 5, 4 })]
    [InlineData("rgba8", new byte[] { 1, 2, 3, 9, 4, 5, 6, 9 }, new byte[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("bgra8", new byte[] { 1, 2, 3, 9, 4, 5, 6, 9 }, new byte[] { 3, 2, 1, 6, 5, 4 })]
    [InlineData("mono8", new byte[] { 7, 9 }, new byte[] { 7, 9 })]
    // Grey, white (235) and full red of BT.601: Y 82, U 90, V 240.
    [InlineData("yuv422", new byte[] { 128, 16, 128, 235 }, new byte[] { 0, 0, 0, 255, 255, 255 })]
    [InlineData("yuv422_yuy2", new byte[] { 82, 90, 82, 240 }, new byte[] { 255, 1, 0, 255, 1, 0 })]
    public void Two_pixels_of_each_encoding_have_the_colours_they_stand_for(string encoding, byte[] data, byte[] expected) =>
        RawImageDecoder.Decode(new RawImage(2, 1, 0, encoding, false, data), MaxPixels).Pixels.ShouldBe(expected);

    [Fact]
    public void Depth_is_stretched_from_nearest_to_farthest_and_black_where_there_is_none()
    {
        var little = RawImageDecoder.Decode(new RawImage(4, 1, 0, "16UC1", false, new byte[] { 0, 0, 100, 0, 200, 0, 0x2C, 1 }), MaxPixels);
        var big = RawImageDecoder.Decode(new RawImage(4, 1, 0, "16UC1", true, new byte[] { 0, 0, 0, 100, 0, 200, 1, 0x2C }), MaxPixels);

        little.Pixels.ShouldBe([0, 1, 128, 255]);
        big.Pixels.ShouldBe(little.Pixels);
    }

    [Fact]
    public void Depth_as_floats_leaves_out_what_is_no_number()
    {
        byte[] data = [.. new[] { float.NaN, 1f, 2f, float.PositiveInfinity }.SelectMany(BitConverter.GetBytes)];

        RawImageDecoder.Decode(new RawImage(4, 1, 0, "32FC1", false, data), MaxPixels).Pixels.ShouldBe([0, 1, 255, 0]);
    }

    [Fact]
    public void A_square_of_a_mosaic_becomes_a_pixel()
    {
        var image = RawImageDecoder.Decode(new RawImage(2, 2, 0, "bayer_rggb8", false, new byte[] { 200, 100, 50, 10 }), MaxPixels);

        (image.Width, image.Height).ShouldBe((1, 1));
        image.Pixels.ShouldBe([200, 75, 10]);
    }

    [Fact]
    public void Padding_at_the_end_of_rows_is_no_pixel() =>
        RawImageDecoder.Decode(new RawImage(2, 2, 4, "mono8", false, new byte[] { 1, 2, 99, 99, 3, 4 }), MaxPixels).Pixels.ShouldBe([1, 2, 3, 4]);

    [Theory]
    [InlineData(100_000, 100_000, 0, "more pixels than are shown")]
    [InlineData(int.MaxValue, 1, 0, "a width beyond reason")]
    [InlineData(long.MaxValue, 2, 0, "a product that overflows")]
    [InlineData(10, 11, 0, "a row more than there are bytes for")]
    [InlineData(10, 2, 5, "rows that overlap")]
    [InlineData(10, 2, long.MaxValue, "rows at the end of the world")]
    [InlineData(0, 10, 0, "nothing")]
    [InlineData(-1, 10, 0, "less than nothing")]
    public void An_image_that_lies_about_its_size_is_refused_before_memory_is_taken(long width, long height, long step, string because)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var exception = Should.Throw<MeshException>(() => RawImageDecoder.Decode(new RawImage(width, height, step, "mono8", false, new byte[100]), MaxPixels), because);

        exception.Code.ShouldBe("MESH13310");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public void An_unknown_encoding_is_refused_with_those_that_are_known()
    {
        var exception = Should.Throw<MeshException>(() => RawImageDecoder.Decode(new RawImage(1, 1, 0, "nv12<script>", false, new byte[10]), MaxPixels));

        exception.Code.ShouldBe("MESH13311");
        exception.Message.ShouldContain("bayer_rggb8");
    }

    [Fact]
    public void Shrinking_takes_the_mean_of_every_box()
    {
        var small = new PixelImage(4, 2, 1, [10, 20, 200, 100, 30, 40, 0, 100]).ShrinkTo(2);

        (small.Width, small.Height).ShouldBe((2, 1));
        small.Pixels.ShouldBe([25, 100]);
    }

    [Fact]
    public void A_picture_that_is_narrow_enough_stays() => new PixelImage(2, 1, 1, [1, 2]).ShrinkTo(960).Pixels.ShouldBe([1, 2]);

    [Fact]
    public void A_picture_is_what_its_first_bytes_say()
    {
        ImageFormat.Detect("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"u8).ShouldBeNull();
        ImageFormat.Detect([]).ShouldBeNull();
        ImageFormat.Detect([0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xC0, 0, 17, 8, 1, 0x2C, 1, 0x90, 3, 0, 0]).ShouldBe(("image/jpeg", 400, 300));
        ImageFormat.Detect(PngWriter.WriteGrey(3, 2, new byte[6])).ShouldBe(("image/png", 3, 2));
    }
}
