using Mesh.Formats.Messages.Wire;

namespace Mesh.Formats.Messages.Idl;

/// <summary>What a declaration's type says, its names not yet looked up.</summary>
/// <param name="Kind">A number or text; <see cref="WireKind.List"/> with an element; <see cref="WireKind.Struct"/> for a name.</param>
internal sealed record IdlType(WireKind Kind)
{
    public string Name { get; init; } = "";

    /// <summary>Scope the name stands in.</summary>
    public string Scope { get; init; } = "";
    public IdlType? Element { get; init; }

    /// <summary>Values of a map, whose keys are the element.</summary>
    public IdlType? MapValue { get; init; }
    public long FixedCount { get; init; } = -1;
    public long Bound { get; init; } = uint.MaxValue;
    public int Line { get; init; }

    /// <summary>Whether the type has no column or no agreed layout; its message stays bytes.</summary>
    public bool IsUnsupported { get; init; }
}

internal sealed record IdlMember(string Name, IdlType Type, IdlAnnotations Annotations, int Line)
{
    public IReadOnlyList<long> Labels { get; init; } = [];
    public bool IsDefaultCase { get; init; }
}

internal abstract record IdlDeclaration(string Name, string Scope);

internal sealed record IdlStruct(string Name, string Scope, IdlAnnotations Annotations, IReadOnlyList<IdlMember> Members) : IdlDeclaration(Name, Scope)
{
    public IdlType? Base { get; init; }

    /// <summary>Discriminator of a union.</summary>
    public IdlType? Switch { get; init; }
}

internal sealed record IdlTypedef(string Name, string Scope, IdlType Type) : IdlDeclaration(Name, Scope);

/// <param name="IsBitmask">Whether it is a bitmask, which is a number without names.</param>
internal sealed record IdlEnum(string Name, string Scope, IReadOnlyList<(string Name, long Value)> Literals, int Bits, bool IsBitmask) : IdlDeclaration(Name, Scope);

/// <summary>Annotations before a declaration: name and argument, without quotes.</summary>
internal sealed class IdlAnnotations
{
    private readonly Dictionary<string, string> values = [];

    public string? this[string name] => values.GetValueOrDefault(name);

    public bool Has(string name) => values.TryGetValue(name, out string? value) && !value.Equals("FALSE", StringComparison.OrdinalIgnoreCase);

    public void Add(string name, string value) => values[name] = value;

    public WireExtensibility Extensibility =>
        Has("mutable") ? WireExtensibility.Mutable
        : Has("appendable") ? WireExtensibility.Appendable
        : Has("final") ? WireExtensibility.Final
        : this["extensibility"]?.ToUpperInvariant() switch
        {
            "MUTABLE" => WireExtensibility.Mutable,
            "APPENDABLE" => WireExtensibility.Appendable,
            "FINAL" => WireExtensibility.Final,
            _ => WireExtensibility.Unstated,
        };
}
