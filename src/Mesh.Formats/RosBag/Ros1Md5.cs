using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Mesh.Formats.RosBag;

/// <summary>
/// MD5 sums by which ROS 1 tells message types apart (ROS wiki, "ROS/Technical Overview", "Message serialization and msg MD5 sums"): of the
/// definition without comments and superfluous blanks, constants first, the names of nested types replaced by their own sums.
/// </summary>
internal static class Ros1Md5
{
    /// <summary>Stands for any sum; readers do not compare it.</summary>
    public const string Any = "*";

    private const int MaxDepth = 64;

    private static readonly HashSet<string> BuiltIn =
    [
        "bool", "byte", "char", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "string", "time", "duration",
    ];

    /// <summary>Computes the sum of a complete definition: the type's own, then those of the types it uses behind <c>MSG: package/Name</c>.</summary>
    /// <param name="type">Name of the type, <c>package/Name</c>.</param>
    /// <param name="definition">The definition.</param>
    /// <returns>Lower-case hex; null when the definition cannot be read or lacks a type that it uses.</returns>
    public static string? TryCompute(string type, string definition)
    {
        Dictionary<string, List<string>> types = [];
        List<string> lines = [];
        types[type] = lines;
        foreach (string raw in definition.Split('\n'))
        {
            string line = raw.TrimEnd('\r');
            if (line.Length >= 10 && line.AsSpan().Trim().TrimStart('=').IsEmpty) continue;
            if (line.StartsWith("MSG:", StringComparison.Ordinal))
            {
                lines = [];
                types.TryAdd(line[4..].Trim(), lines);
            }
            else
            {
                lines.Add(line);
            }
        }

        return Compute(type, types, [], 0);
    }

    private static string? Compute(string type, Dictionary<string, List<string>> types, Dictionary<string, string> known, int depth)
    {
        if (known.TryGetValue(type, out string? done)) return done;
        if (depth > MaxDepth || !types.TryGetValue(type, out var lines)) return null;
        string package = type.Contains('/', StringComparison.Ordinal) ? type[..type.IndexOf('/', StringComparison.Ordinal)] : "";
        List<string> constants = [], fields = [];
        foreach (string line in lines)
        {
            string clean = line.Split('#')[0].Trim();
            if (clean.Length == 0) continue;
            if (clean.Contains('=', StringComparison.Ordinal))
            {
                constants.Add(Constant(line, clean));
                continue;
            }

            string[] parts = clean.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (parts.Length != 2) return null;
            string bare = parts[0].Contains('[', StringComparison.Ordinal) ? parts[0][..parts[0].IndexOf('[', StringComparison.Ordinal)] : parts[0];
            if (BuiltIn.Contains(bare))
            {
                fields.Add($"{parts[0]} {parts[1]}");
                continue;
            }

            string full = bare.Contains('/', StringComparison.Ordinal) ? bare : bare == "Header" ? "std_msgs/Header" : $"{package}/{bare}";
            if (Compute(full, types, known, depth + 1) is not { } nested) return null;
            fields.Add($"{nested} {parts[1]}");
        }

        string text = string.Join('\n', constants.Concat(fields)).Trim();

        // The format prescribes MD5; it tells types apart and protects nothing.
#pragma warning disable CA5351
        string sum = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351
        known[type] = sum;
        return sum;
    }

    /// <summary>A string constant's value is the rest of its line, number signs included.</summary>
    private static string Constant(string line, string clean)
    {
        bool isString = clean.StartsWith("string ", StringComparison.Ordinal);
        string whole = isString ? line.Trim() : clean;
        int space = whole.IndexOf(' ', StringComparison.Ordinal), equals = whole.IndexOf('=', StringComparison.Ordinal);
        if (space < 0 || space > equals) return clean;
        return string.Create(CultureInfo.InvariantCulture, $"{whole[..space]} {whole[(space + 1)..equals].Trim()}={whole[(equals + 1)..].Trim()}");
    }
}
