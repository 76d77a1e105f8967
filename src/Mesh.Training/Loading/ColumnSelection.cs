using System.Globalization;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Training.Loading;

/// <summary>Finds the columns wanted in the schemas of all files, which differ where the table has evolved.</summary>
internal sealed class ColumnSelection
{
    private readonly List<Leaf> leaves = [];
    private readonly List<LeftOutColumn> leftOut = [];

    private ColumnSelection()
    {
    }

    /// <summary>The columns.</summary>
    public IReadOnlyList<TensorColumn> Columns { get; private set; } = [];

    /// <summary>Columns that nobody named and that become no tensor, with the reason.</summary>
    public IReadOnlyList<LeftOutColumn> LeftOut => leftOut;

    /// <exception cref="MeshException"><c>MESH9202</c>: there is no such column. <c>MESH9203</c>: it becomes no tensor.</exception>
    public static ColumnSelection Make(string source, IReadOnlyList<Schema> schemas, IReadOnlyList<string>? wanted, TextTensors text)
    {
        var selection = new ColumnSelection();
        var names = wanted is null ? TopLevelNames(schemas) : [.. wanted.Select(Parse)];
        foreach (var (path, length) in names)
        {
            bool isFound = false;
            foreach (var schema in schemas) isFound |= Find(schema.Fields, path) is { } found && selection.Collect(found.Field, found.IsNullable, path, length, source);
            if (isFound) continue;
            throw new MeshException(
                "MESH9202", $"{source} has no column '{path}'. There are: {string.Join(", ", TopLevelNames(schemas).Select(known => known.Path))}; a column of a struct is named STRUCT.COLUMN.");
        }

        var columns = new List<TensorColumn>();
        foreach (var leaf in selection.leaves)
        {
            bool isMissing = schemas.Any(schema => Find(schema.Fields, leaf.Path) is null);
            bool isText = leaf.Type.Kind == TypeKind.Utf8 && wanted is null;
            if (!isText && TensorColumn.Of(leaf.Path, leaf.Type, leaf.IsNullable || isMissing, leaf.Length, text, out string reason) is { } column)
            {
                columns.Add(column);
                continue;
            }

            reason = isText ? "is text; name it to have its codes" : TensorColumn.Of(leaf.Path, leaf.Type, true, leaf.Length, text, out reason) is null ? reason : "";
            // What a struct or nobody named is left out; what was asked for by its name is not given silently less.
            if (wanted is not null && names.Any(name => name.Path == leaf.Path)) throw new MeshException("MESH9203", $"Column '{leaf.Path}' of {source} {reason}. Leave it out.");
            selection.leftOut.Add(new LeftOutColumn(leaf.Path, leaf.Type.Kind.ToString().ToLowerInvariant(), reason));
        }

        if (columns.Count == 0) throw new MeshException("MESH9203", $"No column of {source} becomes a tensor: {string.Join("; ", selection.leftOut.Select(left => $"{left.Name} {left.Reason}"))}. Name columns with --columns.");
        selection.Columns = columns;
        return selection;
    }

    /// <summary>A field by its path, and whether it or a struct around it may be absent; null when there is none.</summary>
    public static (Field Field, bool IsNullable)? Find(IReadOnlyList<Field> fields, string path)
    {
        foreach (var field in fields)
        {
            if (field.Name == path) return (field, field.Nullable);
            if (field.Type is StructType structure && path.Length > field.Name.Length && path[field.Name.Length] == '.' && path.StartsWith(field.Name, StringComparison.Ordinal)
                && Find(structure.Fields, path[(field.Name.Length + 1)..]) is { } below)
            {
                return (below.Field, below.IsNullable || field.Nullable);
            }
        }

        return null;
    }

    private bool Collect(Field field, bool isNullable, string path, int? length, string source)
    {
        if (field.Type is StructType structure)
        {
            foreach (var child in structure.Fields) Collect(child, isNullable || child.Nullable, $"{path}.{child.Name}", null, source);
            return true;
        }

        int known = leaves.FindIndex(leaf => leaf.Path == path);
        if (known < 0)
        {
            leaves.Add(new Leaf(path, field.Type, isNullable, length));
            return true;
        }

        var widest = TensorColumn.Widest(leaves[known].Type, field.Type)
            ?? throw new MeshException("MESH9203", $"Column '{path}' of {source} is {leaves[known].Type.Kind} in one file and {field.Type.Kind} in another. Leave it out.");
        leaves[known] = leaves[known] with { Type = widest, IsNullable = leaves[known].IsNullable || isNullable, Length = length ?? leaves[known].Length };
        return true;
    }

    private static List<(string Path, int? Length)> TopLevelNames(IReadOnlyList<Schema> schemas) =>
        [.. schemas.SelectMany(schema => schema.Fields).Select(field => field.Name).Distinct().Select(name => (name, (int?)null))];

    private static (string Path, int? Length) Parse(string text)
    {
        int bracket = text.EndsWith(']') ? text.LastIndexOf('[') : -1;
        if (bracket <= 0) return (text, null);
        return int.TryParse(text.AsSpan(bracket + 1, text.Length - bracket - 2), NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length is > 0 and <= 1 << 24
            ? (text[..bracket], length)
            : throw new MeshException("MESH9202", $"'{text}' names no column: in COLUMN[N], N is the number of elements of each list.");
    }

    private sealed record Leaf(string Path, DataType Type, bool IsNullable, int? Length);
}
