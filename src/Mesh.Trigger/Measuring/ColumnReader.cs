using System.Globalization;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Trigger.Measuring;

/// <summary>Reads a column by its path, through structs.</summary>
internal sealed class ColumnReader
{
    private readonly string path;
    private readonly int[] place;

    private ColumnReader(string path, int[] place, DataType type)
    {
        this.path = path;
        this.place = place;
        Type = type;
    }

    /// <summary>Type of the column.</summary>
    public DataType Type { get; }

    /// <summary>Top-level column that a path leads into; null when there is none.</summary>
    public static Field? TopLevel(Schema schema, string path) =>
        schema.Fields.FirstOrDefault(field => field.Name == path)
        ?? schema.Fields.Where(field => field.Type is StructType && path.StartsWith(field.Name + ".", StringComparison.Ordinal)).MaxBy(field => field.Name.Length);

    /// <summary>Finds a column in the batches of a schema.</summary>
    /// <exception cref="MeshException"><c>MESH6020</c>: there is none.</exception>
    public static ColumnReader Find(Schema schema, string path) => Find(schema.Fields, path, path) ?? throw Missing(schema, path);

    /// <summary>The error of a column that is not there.</summary>
    public static MeshException Missing(Schema schema, string path) => new(
        "MESH6020", $"there is no column '{path}'; there are: {string.Join(", ", schema.Fields.Select(field => field.Name))}");

    /// <summary>Values of a batch; rows of which a struct above is absent are absent.</summary>
    public Reading Read(RecordBatch batch)
    {
        var above = new List<ColumnVector>();
        var column = batch.Columns[place[0]];
        foreach (int child in place.AsSpan(1))
        {
            if (column.NullCount > 0) above.Add(column);
            column = column.Children[child];
        }

        return new Reading(column, above);
    }

    /// <summary>Makes texts of values.</summary>
    /// <exception cref="MeshException"><c>MESH6021</c>: the column is of another kind than text, whole numbers and truth values.</exception>
    public Func<ColumnVector, int, string> Text() => Type.Kind switch
    {
        TypeKind.Utf8 => (column, row) => column.GetString(row),
        TypeKind.Boolean => (column, row) => column.GetBoolean(row) ? "true" : "false",
        TypeKind.Int32 => (column, row) => column.Values<int>()[row].ToString(CultureInfo.InvariantCulture),
        TypeKind.Int64 => (column, row) => column.Values<long>()[row].ToString(CultureInfo.InvariantCulture),
        _ => throw new MeshException("MESH6021", $"the column '{path}' is {Type.Kind}; values can be counted of text, whole numbers and truth values"),
    };

    /// <summary>Makes numbers of values; null when they are none.</summary>
    public Func<ColumnVector, int, double>? Number() => Type.Kind switch
    {
        TypeKind.Int32 or TypeKind.Date32 => (column, row) => column.Values<int>()[row],
        TypeKind.Int64 or TypeKind.TimestampMicros or TypeKind.TimestampNanos or TypeKind.LocalTimestampMicros or TypeKind.LocalTimestampNanos or TypeKind.TimeMicros
            => (column, row) => column.Values<long>()[row],
        TypeKind.Float16 => (column, row) => (double)column.Values<Half>()[row],
        TypeKind.Float32 => (column, row) => column.Values<float>()[row],
        TypeKind.Float64 => (column, row) => column.Values<double>()[row],
        _ => null,
    };

    private static ColumnReader? Find(IReadOnlyList<Field> fields, string rest, string path)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            string name = fields[i].Name;
            if (rest == name) return new ColumnReader(path, [i], fields[i].Type);
            if (fields[i].Type is StructType structure && rest.StartsWith(name + ".", StringComparison.Ordinal)
                && Find(structure.Fields, rest[(name.Length + 1)..], path) is { } below) return new ColumnReader(path, [i, .. below.place], below.Type);
        }

        return null;
    }

    /// <summary>A column of a batch.</summary>
    internal readonly struct Reading(ColumnVector column, List<ColumnVector> above)
    {
        /// <summary>The values.</summary>
        public ColumnVector Column => column;

        /// <summary>Whether there is no value in a row.</summary>
        public bool IsNull(int row)
        {
            foreach (var parent in above)
            {
                if (parent.IsNull(row)) return true;
            }

            return column.IsNull(row);
        }
    }
}
