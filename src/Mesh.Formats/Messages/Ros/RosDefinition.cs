namespace Mesh.Formats.Messages.Ros;

/// <summary>Built-in types of the ROS 2 interface language; <see cref="Complex"/> names another message.</summary>
internal enum RosPrimitive
{
    Complex,
    Bool,
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float32,
    Float64,
    String,
    WString,
}

/// <summary>How often a field repeats.</summary>
internal enum RosArity
{
    Single,
    FixedArray,
    Sequence,
}

/// <summary>A field of a message definition; constants are not kept.</summary>
/// <param name="Name">Name as written.</param>
/// <param name="Primitive">Built-in type, or <see cref="RosPrimitive.Complex"/>.</param>
/// <param name="TypeName">Name of the complex type as written; empty for built-in ones.</param>
/// <param name="Arity">Single value, array or sequence.</param>
/// <param name="Length">Length of a fixed array, or upper bound of a sequence; -1 without bound.</param>
/// <param name="StringBound">Upper bound of a bounded string in bytes; -1 without.</param>
/// <param name="Line">Line in the schema text, from 1.</param>
internal sealed record RosField(string Name, RosPrimitive Primitive, string TypeName, RosArity Arity, long Length, long StringBound, int Line);

/// <summary>One message of the concatenated text.</summary>
/// <param name="Package">Package, for resolving short names.</param>
/// <param name="Name"><c>package/Type</c>, without <c>msg/</c>.</param>
/// <param name="Fields">Fields in order.</param>
internal sealed record RosDefinition(string Package, string Name, IReadOnlyList<RosField> Fields);

/// <summary>A parsed schema: the root message and those it depends on.</summary>
internal sealed record RosDefinitions(string SchemaName, RosDefinition Root, IReadOnlyDictionary<string, RosDefinition> ByName)
{
    /// <summary>Whether the definitions are of ROS 1.</summary>
    public bool IsRos1 { get; init; }

    /// <summary>The message a field names: fully, or short and then from its own package, std_msgs, or the only one called so.</summary>
    public RosDefinition Resolve(RosDefinition owner, RosField field)
    {
        string name = field.TypeName;
        if (name.Contains('/'))
        {
            if (ByName.TryGetValue(RosMessageParser.ShortName(name), out var exact)) return exact;
        }
        else
        {
            if (ByName.TryGetValue($"{owner.Package}/{name}", out var sibling)) return sibling;
            if (ByName.TryGetValue($"std_msgs/{name}", out var standard)) return standard;
            if (ByName.TryGetValue($"builtin_interfaces/{name}", out var builtin)) return builtin;
            var called = ByName.Values.Where(definition => definition.Name.EndsWith($"/{name}", StringComparison.Ordinal)).Take(2).ToArray();
            if (called.Length == 1) return called[0];
        }

        throw SchemaErrors.UnknownType(SchemaName, $"line {field.Line}", name);
    }
}
