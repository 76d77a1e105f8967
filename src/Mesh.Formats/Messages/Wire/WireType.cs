using System.Collections.Frozen;

namespace Mesh.Formats.Messages.Wire;

/// <summary>What a value is on the wire.</summary>
internal enum WireKind : byte
{
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
    Text,
    WideText,
    Enum,
    Bytes,
    List,
    Struct,
    Union,
}

/// <summary>How a struct may change (OMG DDS-XTypes 1.3, 7.2.2.4.4); <see cref="Unstated"/> is for the payload's encapsulation to say.</summary>
internal enum WireExtensibility : byte
{
    Unstated,
    Final,
    Appendable,
    Mutable,
}

/// <summary>The type of a member, whatever language defined it.</summary>
internal sealed record WireType(WireKind Kind)
{
    /// <summary>Element of a list.</summary>
    public WireType? Element { get; init; }

    /// <summary>Length of an array; -1 for a sequence.</summary>
    public long FixedCount { get; init; } = -1;

    /// <summary>Most elements of a bounded sequence.</summary>
    public long MaxCount { get; init; } = uint.MaxValue;

    /// <summary>Most bytes of a bounded string.</summary>
    public long MaxText { get; init; } = uint.MaxValue;

    /// <summary>Of a struct or union.</summary>
    public WireStruct? Struct { get; init; }

    /// <summary>Names of an enum's numbers, in UTF-8.</summary>
    public FrozenDictionary<long, byte[]>? EnumNames { get; init; }

    /// <summary>Number as which an enum is written.</summary>
    public WireKind Storage { get; init; } = WireKind.Int32;

    /// <summary>Whether a list is a map of two primitives, which XCDR2 does not delimit.</summary>
    public bool IsPlainMap { get; init; }

    public static WireType List(WireType element, long fixedCount = -1, long maxCount = uint.MaxValue) =>
        new(WireKind.List) { Element = element, FixedCount = fixedCount, MaxCount = maxCount };
}

/// <summary>A member of a struct, or a case of a union.</summary>
internal sealed record WireMember(string Name, WireType Type)
{
    public uint Id { get; init; }
    public bool IsOptional { get; init; }

    /// <summary>Value of a member that a mutable or shorter struct leaves out; null for the type's own default.</summary>
    public object? Default { get; init; }

    /// <summary>Discriminator values that select this case.</summary>
    public IReadOnlyList<long> Labels { get; init; } = [];
    public bool IsDefaultCase { get; init; }
}

/// <summary>A struct or union. Members are looked up when they are needed, so that a definition nobody uses may be incomplete.</summary>
internal sealed class WireStruct(string name, WireExtensibility extensibility, Func<IReadOnlyList<WireMember>> load)
{
    private IReadOnlyList<WireMember>? members;

    public string Name { get; } = name;
    public WireExtensibility Extensibility { get; } = extensibility;

    /// <summary>Discriminator of a union; null for a struct.</summary>
    public WireType? Discriminator { get; init; }

    public IReadOnlyList<WireMember> Members => members ??= load();
}
