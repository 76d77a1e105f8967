using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar;
using Mesh.Lakehouse;

namespace Mesh.Streaming.Ingest;

/// <summary>How a topology's tables are named after what they hold.</summary>
/// <param name="Namespace">Namespace of all of them.</param>
/// <param name="Version">Version of the topology; tables of version 2 and above carry the suffix <c>_vN</c>.</param>
public sealed record TableNames(string Namespace, int Version)
{
    /// <summary>Namespace of everything that comes straight from recordings, where a topology names no other.</summary>
    public const string RawNamespace = "raw";

    /// <summary>Namespace of Mesh's own tables.</summary>
    public const string SystemNamespace = "mesh";

    /// <summary>Those of version 1 in <see cref="RawNamespace"/>.</summary>
    public static readonly TableNames Default = new(RawNamespace, 1);

    /// <summary>The clock models that were estimated and applied, of all topologies.</summary>
    public static readonly TableIdentifier ClockModels = new(SystemNamespace, "clock_models");

    /// <summary>The dead letters of all stages.</summary>
    public static readonly TableIdentifier DeadLetters = new(SystemNamespace, "dead_letters");

    // Long enough for every real type name, short enough for a file name with suffixes.
    private const int MaxLength = 120;

    /// <summary>
    /// Table of a message schema: lower case, <c>/msg/</c> dropped, <c>/</c>, <c>.</c> and anything else but letters and digits an
    /// underscore (<c>sensor_msgs/msg/Imu</c> is <c>raw.sensor_msgs_imu</c>). Schemaless channels are named by their topic.
    /// </summary>
    public TableIdentifier OfMessages(string schemaName, string channel)
    {
        string source = schemaName.Length > 0 ? schemaName.Replace("/msg/", "/", StringComparison.Ordinal) : channel;
        return Named(Clean(source));
    }

    /// <summary>Table of a synchronise section.</summary>
    public TableIdentifier OfSynchronised(string name) => Named($"synchronised_{Clean(name)}");

    /// <summary>Table of the samples that a synchronise section's frames leave out.</summary>
    public TableIdentifier OfUnmatched(string name) => Named($"synchronised_{Clean(name)}_unmatched");

    /// <summary>Table of messages whose columns do not fit the table of their name: the name and six hexadecimal digits of the columns' hash.</summary>
    public static TableIdentifier OfIncompatible(TableIdentifier table, Schema columns)
    {
        var text = new StringBuilder();
        Describe(columns.Fields, text);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..6];
        return table with { Name = $"{table.Name}_{hash}" };
    }

    private TableIdentifier Named(string name) => new(Namespace, Version == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}_v{Version}"));

    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (char letter in text.ToLowerInvariant().Trim('/')) clean.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
        if (clean.Length == 0) return "unnamed";
        if (clean.Length <= MaxLength) return clean.ToString();
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8];
        return $"{clean.ToString(0, MaxLength)}_{hash}";
    }

    // Names and types only: the same columns have the same hash whatever the source schema's text looks like.
    private static void Describe(IReadOnlyList<Field> fields, StringBuilder text)
    {
        foreach (var field in fields)
        {
            text.Append(field.Name).Append(':');
            Describe(field.Type, text);
            text.Append(';');
        }
    }

    private static void Describe(DataType type, StringBuilder text)
    {
        text.Append(type.Kind);
        switch (type)
        {
            case DecimalType number:
                text.Append(number.Precision).Append(',').Append(number.Scale);
                break;
            case ListType list:
                text.Append('[');
                Describe(list.Element.Type, text);
                text.Append(']');
                break;
            case StructType structure:
                text.Append('{');
                Describe(structure.Fields, text);
                text.Append('}');
                break;
        }
    }
}
