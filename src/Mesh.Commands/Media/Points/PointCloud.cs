using System.Buffers.Binary;
using Mesh.Model;

namespace Mesh.Commands.Media.Points;

/// <summary>Points as <c>sensor_msgs/PointCloud2</c> and <c>foxglove.PointCloud</c> carry them; the sizes are checked against the data.</summary>
public sealed class PointCloud
{
    private readonly ReadOnlyMemory<byte> data;
    private readonly int width, rowStep, pointStep;
    private readonly bool isBigEndian;
    private readonly PointField x, y, z;

    private PointCloud(ReadOnlyMemory<byte> data, int width, int count, int rowStep, int pointStep, bool isBigEndian, (PointField X, PointField Y, PointField Z) place)
    {
        this.data = data;
        this.width = width;
        this.rowStep = rowStep;
        this.pointStep = pointStep;
        this.isBigEndian = isBigEndian;
        (x, y, z) = place;
        Count = count;
    }

    /// <summary>Points.</summary>
    public int Count { get; }

    /// <summary>Checks what a message says about itself.</summary>
    /// <param name="width">Points of a row; 0 for as many as the data has.</param>
    /// <param name="height">Rows.</param>
    /// <param name="pointStep">Bytes from one point to the next.</param>
    /// <param name="rowStep">Bytes from one row to the next; 0 when the rows follow each other without padding.</param>
    /// <param name="isBigEndian">Whether numbers have the high byte first.</param>
    /// <param name="fields">Numbers of each point.</param>
    /// <param name="data">The points.</param>
    /// <param name="maxPoints">Most points accepted.</param>
    /// <exception cref="MeshException"><c>MESH13320</c>: the sizes do not fit the data, or are too large. <c>MESH13321</c>: the points have no x, y and z.</exception>
    public static PointCloud Create(
        long width, long height, long pointStep, long rowStep, bool isBigEndian, IReadOnlyList<PointField> fields, ReadOnlyMemory<byte> data, int maxPoints)
    {
        if (pointStep is < 1 or > 1 << 16) throw Refuse($"a point takes {pointStep:N0} bytes");
        if (width == 0 && height <= 1) (width, height) = (data.Length / pointStep, 1);
        if (width < 0 || height < 0 || width > maxPoints || height > maxPoints || width * height > maxPoints) throw Refuse($"it says it has {width:N0} × {height:N0} points, more than the {maxPoints:N0} that are shown");
        if (rowStep == 0 || height <= 1) rowStep = width * pointStep;
        if (width * height > 0)
        {
            if (rowStep < width * pointStep || rowStep > int.MaxValue) throw Refuse($"a row of {width:N0} points begins every {rowStep:N0} bytes");
            long needed = rowStep * (height - 1) + width * pointStep;
            if (needed > data.Length) throw Refuse($"{width:N0} × {height:N0} points take {needed:N0} bytes, but there are {data.Length:N0}");
        }

        return new PointCloud(data, (int)width, (int)(width * height), (int)rowStep, (int)pointStep, isBigEndian, (Find("x"), Find("y"), Find("z")));

        PointField Find(string name)
        {
            foreach (var field in fields)
            {
                if (field.Name != name || BytesOf(field.Scalar) is not (> 0 and var bytes)) continue;
                return field.Offset >= 0 && field.Offset + bytes <= pointStep ? field : throw Refuse($"'{name}' lies at byte {field.Offset:N0} of a point of {pointStep:N0}");
            }

            throw new MeshException("MESH13321", $"The points have no '{name}', so they cannot be seen from above. They have: {string.Join(", ", fields.Take(20).Select(field => field.Name))}.");
        }
    }

    /// <summary>Where a point is, metres in the sensor's frame; NaN where the sensor saw nothing.</summary>
    public (double X, double Y, double Z) PointAt(int index)
    {
        int row = width == 0 ? 0 : index / width;
        var point = data.Span.Slice(row * rowStep + (index - row * width) * pointStep, pointStep);
        return (Read(point, x), Read(point, y), Read(point, z));
    }

    private double Read(ReadOnlySpan<byte> point, PointField field)
    {
        var bytes = point[(int)field.Offset..];
        return (field.Scalar, isBigEndian) switch
        {
            (PointScalar.Float32, false) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
            (PointScalar.Float32, true) => BinaryPrimitives.ReadSingleBigEndian(bytes),
            (PointScalar.Float64, false) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            (PointScalar.Float64, true) => BinaryPrimitives.ReadDoubleBigEndian(bytes),
            (PointScalar.Int8, _) => (sbyte)bytes[0],
            (PointScalar.UInt8, _) => bytes[0],
            (PointScalar.Int16, false) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            (PointScalar.Int16, true) => BinaryPrimitives.ReadInt16BigEndian(bytes),
            (PointScalar.UInt16, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            (PointScalar.UInt16, true) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            (PointScalar.Int32, false) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            (PointScalar.Int32, true) => BinaryPrimitives.ReadInt32BigEndian(bytes),
            (PointScalar.UInt32, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            _ => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        };
    }

    private static int BytesOf(PointScalar scalar) => scalar switch
    {
        PointScalar.Int8 or PointScalar.UInt8 => 1,
        PointScalar.Int16 or PointScalar.UInt16 => 2,
        PointScalar.Int32 or PointScalar.UInt32 or PointScalar.Float32 => 4,
        PointScalar.Float64 => 8,
        _ => 0,
    };

    private static MeshException Refuse(string why) => new("MESH13320", $"The cloud of points cannot be shown: {why}. The message is damaged or hostile; `mesh cat` prints it.");
}
