using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Commands.Media;

/// <summary>A channel of a recording with the table its rows are in.</summary>
/// <param name="Channel">Name.</param>
/// <param name="Schema">Schema of its messages.</param>
/// <param name="Table">The table as it is now.</param>
/// <param name="Kind">What the messages show.</param>
internal sealed record MediaSource(string Channel, string Schema, Table Table, MediaKind Kind)
{
    /// <summary>Names the state of the table: erasing or adding anything changes it.</summary>
    public string Version => $"{Table.Uuid:N}-{Table.CurrentSnapshot?.SnapshotId ?? 0}";

    /// <summary>The first of some columns that the table has; null for none.</summary>
    public string? ColumnOf(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (Table.Schema.IndexOf(name) >= 0) return name;
        }

        return null;
    }

    /// <summary>What the rows of a table show, by its columns: recorders name their schemas as they like.</summary>
    public static MediaKind Classify(Schema schema, string schemaName)
    {
        if (IsNumber("latitude") && IsNumber("longitude")) return MediaKind.Fix;
        if (TypeOf("data") is not (TypeKind.Binary or TypeKind.Utf8)) return MediaKind.None;
        if ((TypeOf("fields") == TypeKind.List || TypeOf("field_names") == TypeKind.List) && (IsNumber("point_step") || IsNumber("point_stride"))) return MediaKind.Points;
        if (IsNumber("width") && IsNumber("height") && TypeOf("encoding") == TypeKind.Utf8) return MediaKind.Image;
        if (TypeOf("format") != TypeKind.Utf8) return MediaKind.None;
        return schemaName.Contains("video", StringComparison.OrdinalIgnoreCase) ? MediaKind.Video : MediaKind.Image;

        TypeKind? TypeOf(string name) => schema.IndexOf(name) is >= 0 and var index ? schema.Fields[index].Type.Kind : null;
        bool IsNumber(string name) => TypeOf(name) is TypeKind.Int32 or TypeKind.Int64 or TypeKind.Float32 or TypeKind.Float64;
    }
}
