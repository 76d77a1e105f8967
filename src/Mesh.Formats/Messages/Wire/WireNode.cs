using System.Collections.Frozen;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.Wire;

/// <summary>Where a builder is found: at the root, in a struct, or as a list's element.</summary>
/// <param name="Parent">Slot of the struct or list that holds it; -1 at the root.</param>
/// <param name="Index">Position in the struct; -1 for a list's element.</param>
/// <param name="Type">Type of its values.</param>
internal readonly record struct WireSlot(int Parent, int Index, DataType Type);

/// <summary>A value of the schema, ready to be read into its builder.</summary>
internal sealed record WireNode
{
    public required WireKind Kind { get; init; }

    /// <summary>Path of the field, for errors.</summary>
    public required string Field { get; init; }

    /// <summary>Builder of the column; -1 for the root, whose members are the row.</summary>
    public int Slot { get; init; }

    /// <summary>Element of a list.</summary>
    public WireNode? Element { get; init; }

    /// <summary>Members of a struct; of a union its discriminator, then its cases.</summary>
    public WireNode[] Members { get; init; } = [];
    public WireExtensibility Extensibility { get; init; }
    public long FixedCount { get; init; } = -1;
    public long MaxCount { get; init; } = uint.MaxValue;
    public long MaxText { get; init; } = uint.MaxValue;
    public FrozenDictionary<long, byte[]>? EnumNames { get; init; }
    public WireKind Storage { get; init; }
    public uint Id { get; init; }
    public bool IsOptional { get; init; }
    public object? Default { get; init; }
    public IReadOnlyList<long> Labels { get; init; } = [];
    public bool IsDefaultCase { get; init; }
    public bool IsPlainMap { get; init; }

    /// <summary>Fewest bytes the value takes where structs are not delimited; what claimed lengths are checked against.</summary>
    public long MinBytes { get; init; }

    /// <summary>Fewest bytes the value takes in XCDR2, where a struct may be cut short.</summary>
    public long MinDelimitedBytes { get; init; }

    /// <summary>Columns that one absent value fills.</summary>
    public long Columns { get; init; } = 1;

    /// <summary>Whether XCDR2 writes a list of such elements without a delimiter header (7.4.3.5, rules 9 and 11).</summary>
    public bool IsPrimitive => Kind <= WireKind.Float64 || Kind == WireKind.Enum;

    /// <summary>Bytes of a number, of an enum, or of a text's length.</summary>
    public int Width => WidthOf(Kind == WireKind.Enum ? Storage : Kind);

    public static int WidthOf(WireKind kind) => kind switch
    {
        WireKind.Bool or WireKind.Int8 or WireKind.UInt8 => 1,
        WireKind.Int16 or WireKind.UInt16 => 2,
        WireKind.Int64 or WireKind.UInt64 or WireKind.Float64 => 8,
        _ => 4,
    };
}
