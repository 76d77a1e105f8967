using System.Buffers.Binary;
using Mesh.Commands.Media.Points;
using Mesh.Model;

namespace Mesh.Commands.Tests.Media;

public sealed class PointCloudTests
{
    private const int MaxPoints = 10_000;

    private static readonly PointField[] Xyz = [new("x", 0, PointScalar.Float32), new("y", 4, PointScalar.Float32), new("z", 8, PointScalar.Float32)];

    // 100 m over 512 cells are 0.1953125 m each: a point 10.05 m ahead is in row floor((50 - 10.05) / 0.1953125) = 204.
    [Theory]
    [InlineData(10.05, 0.05, 204, 255)]
    [InlineData(49.99, 49.99, 0, 0)]
    [InlineData(-49.99, -49.99, 511, 511)]
    [InlineData(0.05, -20.05, 255, 358)]
    public void One_point_lights_the_cell_it_is_in_and_no_other(double x, double y, int row, int column)
    {
        var view = new TopView(Cloud((x, y, 0)), new TopViewOptions());

        view.Cells.Count(cell => cell != 0).ShouldBe(1);
        view.Cells[row * 512 + column].ShouldNotBe((byte)0);
        (view.Drawn, view.Outside, view.Invalid).ShouldBe((1, 0, 0));
    }

    [Fact]
    public void A_cell_has_the_colour_of_its_highest_point()
    {
        var options = new TopViewOptions { Low = 0, High = 254 };

        new TopView(Cloud((10, 0, 5), (10, 0, 100), (10, 0, 7)), options).Cells.Max().ShouldBe((byte)101);
        new TopView(Cloud((10, 0, -1e30)), options).Cells.Max().ShouldBe((byte)1);
        new TopView(Cloud((10, 0, 1e30)), options).Cells.Max().ShouldBe((byte)255);
    }

    [Fact]
    public void What_is_outside_or_nowhere_is_counted_and_not_drawn()
    {
        var view = new TopView(Cloud((50.01, 0, 0), (0, -50.01, 0), (double.NaN, 0, 0), (0, double.PositiveInfinity, 0), (1e30, 0, 0)), new TopViewOptions());

        (view.Drawn, view.Outside, view.Invalid).ShouldBe((0, 3, 2));
        view.Cells.ShouldAllBe(cell => cell == 0);
    }

    [Theory]
    [InlineData(PointScalar.Int16, false, 2)]
    [InlineData(PointScalar.Int16, true, 2)]
    [InlineData(PointScalar.Float64, false, 8)]
    [InlineData(PointScalar.Float64, true, 8)]
    [InlineData(PointScalar.Int32, true, 4)]
    public void Numbers_of_every_width_and_order_are_read(PointScalar scalar, bool isBigEndian, int bytes)
    {
        byte[] data = new byte[3 * bytes];
        for (int i = 0; i < 3; i++)
        {
            var place = data.AsSpan(i * bytes);
            int value = -7 * (i + 1);
            switch (scalar)
            {
                case PointScalar.Int16 when isBigEndian: BinaryPrimitives.WriteInt16BigEndian(place, (short)value); break;
                case PointScalar.Int16: BinaryPrimitives.WriteInt16LittleEndian(place, (short)value); break;
                case PointScalar.Int32: BinaryPrimitives.WriteInt32BigEndian(place, value); break;
                case PointScalar.Float64 when isBigEndian: BinaryPrimitives.WriteDoubleBigEndian(place, value); break;
                default: BinaryPrimitives.WriteDoubleLittleEndian(place, value); break;
            }
        }

        PointField[] fields = [new("x", 0, scalar), new("y", bytes, scalar), new("z", 2 * bytes, scalar)];
        PointCloud.Create(1, 1, 3 * bytes, 0, isBigEndian, fields, data, MaxPoints).PointAt(0).ShouldBe((-7, -14, -21));
    }

    [Fact]
    public void Padding_at_the_end_of_rows_is_no_point()
    {
        byte[] data = new byte[2 * 16];
        BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(16), 5);

        var cloud = PointCloud.Create(1, 2, 12, 16, false, Xyz, data, MaxPoints);

        cloud.Count.ShouldBe(2);
        cloud.PointAt(1).ShouldBe((5, 0, 0));
    }

    [Theory]
    [InlineData(1_000, 1, 12, 0, "more points than there are bytes for")]
    [InlineData(int.MaxValue, int.MaxValue, 12, 0, "a product that overflows")]
    [InlineData(1, 1, 0, 0, "points of nothing")]
    [InlineData(1, 1, 1 << 20, 0, "points of a megabyte")]
    [InlineData(4, 2, 12, 12, "rows that overlap")]
    [InlineData(-1, 1, 12, 0, "less than no points")]
    [InlineData(1, 1, 8, 0, "a z beyond the point")]
    public void A_cloud_that_lies_about_its_size_is_refused(long width, long height, long pointStep, long rowStep, string because) =>
        Should.Throw<MeshException>(() => PointCloud.Create(width, height, pointStep, rowStep, false, Xyz, new byte[96], MaxPoints), because).Code.ShouldBe("MESH13320");

    [Fact]
    public void A_cloud_without_coordinates_is_refused_with_what_it_has()
    {
        var exception = Should.Throw<MeshException>(() => PointCloud.Create(1, 1, 4, 0, false, [new("azimuth", 0, PointScalar.Float32)], new byte[4], MaxPoints));

        exception.Code.ShouldBe("MESH13321");
        exception.Message.ShouldContain("azimuth");
    }

    [Fact]
    public void An_empty_cloud_is_an_empty_picture() => new TopView(PointCloud.Create(0, 1, 12, 0, false, Xyz, default, MaxPoints), new TopViewOptions()).Drawn.ShouldBe(0);

    private static PointCloud Cloud(params (double X, double Y, double Z)[] points)
    {
        byte[] data = new byte[points.Length * 12];
        for (int i = 0; i < points.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(i * 12), (float)points[i].X);
            BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(i * 12 + 4), (float)points[i].Y);
            BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(i * 12 + 8), (float)points[i].Z);
        }

        return PointCloud.Create(points.Length, 1, 12, 0, false, Xyz, data, MaxPoints);
    }
}
