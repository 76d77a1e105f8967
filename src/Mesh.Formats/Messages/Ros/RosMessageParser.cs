using System.Globalization;
using System.Text;

namespace Mesh.Formats.Messages.Ros;

/// <summary>
/// Parses the <c>ros2msg</c> schema encoding (MCAP, "Well-known schema encodings"): the root message's definition, then each dependency
/// after a line of <c>=</c> and a line <c>MSG: package/Type</c>.
/// </summary>
internal static class RosMessageParser
{
    /// <summary>Name of the time type, in ROS 1 of the built-in one.</summary>
    public const string TimeName = "builtin_interfaces/Time";

    private const string Builtin = "builtin_interfaces";

    /// <param name="isRos1">Whether the language is ROS 1's: <c>byte</c> is signed, <c>time</c> and <c>duration</c> are built in, a header counts.</param>
    public static RosDefinitions Parse(string schemaName, ReadOnlySpan<byte> text, bool isRos1 = false)
    {
        // Comments in the wild are not always UTF-8; replacement characters in them do no harm.
        string[] lines = Encoding.UTF8.GetString(text).TrimStart('\uFEFF').Split('\n');
        var definitions = new Dictionary<string, RosDefinition>();
        RosDefinition? root = null;
        string name = ShortName(schemaName);
        int line = 0;
        while (true)
        {
            var definition = ParseOne(schemaName, name, lines, isRos1, ref line);
            root ??= definition;
            // Recorders that gather dependencies twice write them twice; the first one counts.
            definitions.TryAdd(definition.Name, definition);
            if (line >= lines.Length) break;
            name = ParseHeading(schemaName, lines, ref line);
        }

        AddWellKnown(definitions, isRos1);
        return new RosDefinitions(schemaName, root, definitions) { IsRos1 = isRos1 };
    }

    /// <summary>Whether the text has the line that separates a service's request from its response.</summary>
    public static bool IsService(ReadOnlySpan<byte> text)
    {
        foreach (var range in text.Split((byte)'\n'))
        {
            if (text[range].Trim(" \t\r"u8).SequenceEqual("---"u8)) return true;
        }

        return false;
    }

    /// <summary><c>package/Type</c> of <c>package/msg/Type</c> (or <c>srv</c>, <c>action</c>).</summary>
    public static string ShortName(string name)
    {
        int first = name.IndexOf('/', StringComparison.Ordinal);
        return first < 0 ? name : string.Concat(name.AsSpan(0, first), name.AsSpan(name.LastIndexOf('/')));
    }

    private static RosDefinition ParseOne(string schemaName, string name, string[] lines, bool isRos1, ref int line)
    {
        var fields = new List<RosField>();
        var names = new HashSet<string>();
        for (; line < lines.Length; line++)
        {
            var content = lines[line].AsSpan().Trim();
            if (IsSeparator(content)) break;
            if (content.IsEmpty || content[0] == '#') continue;
            if (ParseField(schemaName, content, line + 1, isRos1) is not { } field) continue;
            if (!names.Add(field.Name)) throw SchemaErrors.Syntax(schemaName, line + 1, $"field '{field.Name}' is defined twice");
            fields.Add(field);
        }

        int slash = name.IndexOf('/', StringComparison.Ordinal);
        return new RosDefinition(slash < 0 ? "" : name[..slash], name, fields);
    }

    private static bool IsSeparator(ReadOnlySpan<char> content) => content.Length >= 3 && content.IndexOfAnyExcept('=') < 0;

    private static string ParseHeading(string schemaName, string[] lines, ref int line)
    {
        for (line++; line < lines.Length; line++)
        {
            var content = lines[line].AsSpan().Trim();
            if (content.IsEmpty || IsSeparator(content)) continue;
            if (!content.StartsWith("MSG:", StringComparison.Ordinal)) break;
            line++;
            return ShortName(content[4..].Trim().ToString());
        }

        throw SchemaErrors.Syntax(schemaName, Math.Min(line + 1, lines.Length), "after a line of '=' expected 'MSG: package/Type'");
    }

    /// <summary>The field on a line; null for a constant.</summary>
    private static RosField? ParseField(string schemaName, ReadOnlySpan<char> content, int line, bool isRos1)
    {
        int space = content.IndexOfAny(' ', '\t');
        if (space < 0) throw SchemaErrors.Syntax(schemaName, line, $"expected 'type name', found '{Shorten(content)}'");
        var type = content[..space];
        var rest = content[space..].TrimStart();
        int end = 0;
        while (end < rest.Length && (char.IsAsciiLetterOrDigit(rest[end]) || rest[end] == '_')) end++;
        if (end == 0 || char.IsAsciiDigit(rest[0])) throw SchemaErrors.Syntax(schemaName, line, $"expected a field name, found '{Shorten(rest)}'");
        string name = rest[..end].ToString();
        var tail = rest[end..];
        bool isConstant = tail.TrimStart().StartsWith("=");
        if (!isConstant && !tail.IsEmpty && tail[0] is not (' ' or '\t' or '#'))
        {
            throw SchemaErrors.Syntax(schemaName, line, $"'{Shorten(rest)}' is not a field name");
        }

        var field = ParseType(schemaName, type, name, line, isRos1);
        if (!isConstant) return field;
        if (field.Primitive == RosPrimitive.Complex || field.Arity != RosArity.Single)
        {
            throw SchemaErrors.Syntax(schemaName, line, $"constant '{name}' is not of a primitive type");
        }

        return null;
    }

    private static RosField ParseType(string schemaName, ReadOnlySpan<char> type, string name, int line, bool isRos1)
    {
        var arity = RosArity.Single;
        long length = -1;
        if (type[^1] == ']')
        {
            int open = type.LastIndexOf('[');
            if (open <= 0) throw SchemaErrors.Syntax(schemaName, line, $"'{Shorten(type)}' has no matching '['");
            var size = type[(open + 1)..^1];
            bool isBound = size.StartsWith("<=");
            if (isBound) size = size[2..];
            arity = size.IsEmpty || isBound ? RosArity.Sequence : RosArity.FixedArray;
            if (!size.IsEmpty || isBound) length = ParseSize(schemaName, size, line);
            type = type[..open];
        }

        long stringBound = -1;
        int bound = type.IndexOf("<=");
        if (bound >= 0)
        {
            if (type[..bound] is not ("string" or "wstring")) throw SchemaErrors.Syntax(schemaName, line, $"'{Shorten(type)}': only text takes a bound");
            stringBound = ParseSize(schemaName, type[(bound + 2)..], line);
            type = type[..bound];
        }

        var primitive = isRos1 && type is "byte" ? RosPrimitive.Int8 : Primitive(type);
        string typeName = "";
        if (primitive == RosPrimitive.Complex)
        {
            if (type.IsEmpty || type.ContainsAnyExcept(TypeNameCharacters)) throw SchemaErrors.Syntax(schemaName, line, $"'{Shorten(type)}' is not a type");
            typeName = type switch { "time" => $"{Builtin}/Time", "duration" => $"{Builtin}/Duration", _ => type.ToString() };
        }

        return new RosField(name, primitive, typeName, arity, length, stringBound, line);
    }

    private static readonly System.Buffers.SearchValues<char> TypeNameCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/");

    private static long ParseSize(string schemaName, ReadOnlySpan<char> text, int line) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint size) && size > 0
            ? size
            : throw SchemaErrors.Syntax(schemaName, line, $"'{Shorten(text)}' is not a size from 1 to {uint.MaxValue}");

    // In ROS 1 `byte` is a signed and `char` an unsigned 8-bit number (genmsg). In ROS 2 `byte` is an octet and `char` an unsigned 8-bit number (rosidl, "legacy interface definition").
    private static RosPrimitive Primitive(ReadOnlySpan<char> type) => type switch
    {
        "bool" => RosPrimitive.Bool,
        "int8" => RosPrimitive.Int8,
        "uint8" or "byte" or "char" => RosPrimitive.UInt8,
        "int16" => RosPrimitive.Int16,
        "uint16" => RosPrimitive.UInt16,
        "int32" => RosPrimitive.Int32,
        "uint32" => RosPrimitive.UInt32,
        "int64" => RosPrimitive.Int64,
        "uint64" => RosPrimitive.UInt64,
        "float32" => RosPrimitive.Float32,
        "float64" => RosPrimitive.Float64,
        "string" => RosPrimitive.String,
        "wstring" => RosPrimitive.WString,
        _ => RosPrimitive.Complex,
    };

    // Recorders leave these out where they think every reader knows them.
    private static void AddWellKnown(Dictionary<string, RosDefinition> definitions, bool isRos1)
    {
        RosField nanoseconds = isRos1 ? Field("nsec", RosPrimitive.UInt32) : Field("nanosec", RosPrimitive.UInt32);
        Add("Time", [isRos1 ? Field("sec", RosPrimitive.UInt32) : Field("sec", RosPrimitive.Int32), nanoseconds]);
        Add("Duration", [Field("sec", RosPrimitive.Int32), isRos1 ? Field("nsec", RosPrimitive.Int32) : nanoseconds]);
        RosField stamp = new("stamp", RosPrimitive.Complex, TimeName, RosArity.Single, -1, -1, 0);
        RosField[] header = [stamp, Field("frame_id", RosPrimitive.String)];
        definitions.TryAdd("std_msgs/Header", new RosDefinition("std_msgs", "std_msgs/Header", isRos1 ? [Field("seq", RosPrimitive.UInt32), .. header] : header));

        void Add(string name, RosField[] fields)
        {
            var definition = new RosDefinition(Builtin, $"{Builtin}/{name}", fields);
            // The types built into ROS 1 are no messages that a definition could change.
            if (isRos1) definitions[definition.Name] = definition;
            else definitions.TryAdd(definition.Name, definition);
        }

        static RosField Field(string name, RosPrimitive primitive) => new(name, primitive, "", RosArity.Single, -1, -1, 0);
    }

    private static string Shorten(ReadOnlySpan<char> text) => text.Length <= 60 ? text.ToString() : string.Concat(text[..60], "…");
}
