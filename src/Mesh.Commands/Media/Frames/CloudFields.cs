using Mesh.Columnar;
using Mesh.Commands.Media.Points;

namespace Mesh.Commands.Media.Frames;

/// <summary>Reads what the points of a message are made of: of ROS, of Foxglove, or as plain names of float32 values that follow each other.</summary>
internal static class CloudFields
{
    // A point of more numbers is none.
    private const int MaxFields = 256;

    // foxglove.PackedElementField.NumericType, in its order.
    private static readonly PointScalar[] Foxglove =
        [0, PointScalar.UInt8, PointScalar.Int8, PointScalar.UInt16, PointScalar.Int16, PointScalar.UInt32, PointScalar.Int32, PointScalar.Float32, PointScalar.Float64];

    /// <summary>The fields of the first row.</summary>
    public static IReadOnlyList<PointField> Of(RecordBatch batch)
    {
        if (batch.Schema.IndexOf("field_names") is >= 0 and var names) return OfNames(batch.Columns[names]);
        if (batch.Schema.IndexOf("fields") is not (>= 0 and var index) || batch.Columns[index] is not { Type: ListType { Element.Type: StructType type } } list || list.IsNull(0)) return [];
        ColumnVector? name = Child("name"), offset = Child("offset"), rosType = Child("datatype"), foxgloveType = Child("type");
        if (name?.Type.Kind != TypeKind.Utf8 || offset is null) return [];
        var fields = new List<PointField>();
        for (int i = list.Offsets[0]; i < list.Offsets[1] && fields.Count < MaxFields; i++)
        {
            var scalar = rosType is not null ? (PointScalar)Numbers.WholeAt(rosType, i) : foxgloveType is not null ? OfFoxglove(foxgloveType, i) : 0;
            fields.Add(new PointField(name.IsNull(i) ? "" : name.GetString(i), Numbers.WholeAt(offset, i), scalar));
        }

        return fields;

        ColumnVector? Child(string wanted) => type.Fields.ToList().FindIndex(field => field.Name == wanted) is >= 0 and var at ? list.Children[0].Children[at] : null;
    }

    private static List<PointField> OfNames(ColumnVector list)
    {
        var fields = new List<PointField>();
        if (list.Type is not ListType { Element.Type.Kind: TypeKind.Utf8 } || list.IsNull(0)) return fields;
        for (int i = list.Offsets[0]; i < list.Offsets[1] && fields.Count < MaxFields; i++) fields.Add(new PointField(list.Children[0].GetString(i), 4L * fields.Count, PointScalar.Float32));
        return fields;
    }

    private static PointScalar OfFoxglove(ColumnVector types, int row)
    {
        if (types.Type.Kind == TypeKind.Utf8) return types.IsNull(row) ? 0 : Enum.TryParse<PointScalar>(types.GetString(row), ignoreCase: true, out var named) ? named : 0;
        return Numbers.WholeAt(types, row) is >= 0 and var number && number < Foxglove.Length ? Foxglove[number] : 0;
    }
}
