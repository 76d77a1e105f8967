using System.Text.Json.Serialization;

namespace Mesh.Formats.Mdf;

/// <summary>A conversion rule: what a CC block says, links resolved.</summary>
public sealed record MdfConversion
{
    /// <summary>The rule.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required MdfConversionKind Kind { get; init; }

    /// <summary>Parameters in the block's order; bit masks of <see cref="MdfConversionKind.BitfieldText"/> reinterpreted as 64-bit integers.</summary>
    public IReadOnlyList<double> Values { get; init; } = [];

    /// <summary>References in the block's order: texts, nested conversions, or nothing (a NIL link).</summary>
    public IReadOnlyList<MdfConversionReference> References { get; init; } = [];

    /// <summary>Text of <see cref="MdfConversionKind.Algebraic"/>.</summary>
    public string Formula { get; init; } = "";

    /// <summary>Name of the rule (<c>cc_tx_name</c>); the bit fields of a bitfield text show it.</summary>
    public string Name { get; init; } = "";

    /// <summary>Unit of the physical value; empty when the channel's own applies.</summary>
    public string Unit { get; init; } = "";
}
