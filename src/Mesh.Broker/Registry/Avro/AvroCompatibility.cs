using System.Globalization;

namespace Mesh.Broker.Registry.Avro;

/// <summary>Whether a reader's schema resolves a writer's (Avro specification 1.11, "Schema Resolution").</summary>
internal sealed class AvroCompatibility
{
    private readonly List<Incompatibility> found = [];
    private readonly HashSet<(AvroNode, AvroNode)> comparing = [];

    public static IReadOnlyList<Incompatibility> Compare(AvroNode reader, AvroNode writer)
    {
        var comparison = new AvroCompatibility();
        comparison.Compare(reader, writer, "");
        return comparison.found;
    }

    private void Compare(AvroNode reader, AvroNode writer, string path)
    {
        // A type within itself is compatible if the rest is.
        if (!comparing.Add((reader, writer))) return;
        if (writer.Type == AvroType.Union)
        {
            for (int i = 0; i < writer.Branches.Count; i++) CompareBranch(reader, writer.Branches[i], reader.Type == AvroType.Union ? $"{path}/{i}" : path);
        }
        else if (reader.Type == AvroType.Union)
        {
            CompareBranch(reader, writer, path);
        }
        else if (reader.Type != writer.Type)
        {
            if (!Promotes(writer.Type, reader.Type)) Add("TYPE_MISMATCH", path, $"The type (path '{{path}}') of a field in the {{reader}} schema does not match with the {{writer}} schema", $"reader type: {Upper(reader)} not compatible with writer type: {Upper(writer)}");
        }
        else
        {
            CompareSame(reader, writer, path);
        }

        comparing.Remove((reader, writer));
    }

    private void CompareBranch(AvroNode reader, AvroNode writer, string path)
    {
        if (reader.Type != AvroType.Union)
        {
            Compare(reader, writer, path);
            return;
        }

        foreach (var branch in reader.Branches)
        {
            var attempt = new AvroCompatibility();
            attempt.comparing.UnionWith(comparing);
            attempt.Compare(branch, writer, path);
            if (attempt.found.Count == 0) return;
        }

        Add("MISSING_UNION_BRANCH", path, "The {reader} schema is missing a type inside a union field at path '{path}' in the {writer} schema", $"reader union lacking writer type: {Upper(writer)}");
    }

    private void CompareSame(AvroNode reader, AvroNode writer, string path)
    {
        switch (reader.Type)
        {
            case AvroType.Array:
                Compare(reader.Element!, writer.Element!, path + "/items");
                break;
            case AvroType.Map:
                Compare(reader.Element!, writer.Element!, path + "/values");
                break;
            case AvroType.Fixed:
                CompareNames(reader, writer, path);
                if (reader.Size != writer.Size) Add("FIXED_SIZE_MISMATCH", path + "/size", "The size of FIXED type field at path '{path}' in the {reader} schema does not match with the {writer} schema", $"expected: {writer.Size}, found: {reader.Size}");
                break;
            case AvroType.Enum:
                CompareNames(reader, writer, path);
                string[] missing = [.. writer.Symbols.Except(reader.Symbols)];
                if (missing.Length > 0 && !reader.HasDefaultSymbol) Add("MISSING_ENUM_SYMBOLS", path + "/symbols", "The {reader} schema is missing enum symbols '{info}' at path '{path}' in the {writer} schema", $"[{string.Join(", ", missing)}]");
                break;
            case AvroType.Record:
                CompareNames(reader, writer, path);
                for (int i = 0; i < reader.Fields.Count; i++) CompareField(reader.Fields[i], writer, string.Create(CultureInfo.InvariantCulture, $"{path}/fields/{i}"));
                break;
        }
    }

    private void CompareField(AvroField field, AvroNode writer, string path)
    {
        var written = writer.Fields.FirstOrDefault(each => each.Name == field.Name) ?? writer.Fields.FirstOrDefault(each => field.Aliases.Contains(each.Name));
        if (written is not null) Compare(field.Type, written.Type, path + "/type");
        else if (!field.HasDefault && !(field.Type.Type == AvroType.Enum && field.Type.HasDefaultSymbol)) Add("READER_FIELD_MISSING_DEFAULT_VALUE", path, "The field '{info}' at path '{path}' in the {reader} schema has no default value and is missing in the {writer} schema", field.Name);
    }

    private void CompareNames(AvroNode reader, AvroNode writer, string path)
    {
        if (reader.ShortName == writer.ShortName || reader.Aliases.Contains(writer.Name)) return;
        Add("NAME_MISMATCH", path + "/name", "The name of the schema has changed (path '{path}')", $"expected: {writer.Name}");
    }

    private static bool Promotes(AvroType writer, AvroType reader) => (writer, reader) switch
    {
        (AvroType.Int, AvroType.Long or AvroType.Float or AvroType.Double) => true,
        (AvroType.Long, AvroType.Float or AvroType.Double) => true,
        (AvroType.Float, AvroType.Double) => true,
        (AvroType.String, AvroType.Bytes) => true,
        (AvroType.Bytes, AvroType.String) => true,
        _ => false,
    };

    private static string Upper(AvroNode node) => node.Type.ToString().ToUpperInvariant();

    private void Add(string type, string path, string description, string info)
    {
        string place = path.Length == 0 ? "/" : path;
        found.Add(new Incompatibility(type, description.Replace("{path}", place, StringComparison.Ordinal).Replace("{info}", info, StringComparison.Ordinal), info));
    }
}
