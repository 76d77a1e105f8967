using System.Globalization;

namespace Mesh.Onnx.Shapes;

/// <summary>A size that is a number, a symbol that stands for the same number wherever it is used, or not known.</summary>
/// <param name="Size">The number, if it is known.</param>
/// <param name="Symbol">The symbol, if there is one and no number.</param>
public readonly record struct Dimension(long? Size, string? Symbol)
{
    /// <summary>A size nothing is known about.</summary>
    public static Dimension Unknown => default;

    /// <summary>Whether it is a number or a symbol.</summary>
    public bool IsKnown => Size is not null || Symbol is not null;

    /// <summary>A number.</summary>
    public static Dimension Of(long size) => new(size, null);

    /// <summary>A symbol; unknown when it is empty.</summary>
    public static Dimension Named(string symbol) => symbol.Length == 0 ? Unknown : new(null, symbol);

    /// <inheritdoc/>
    public override string ToString() => Size?.ToString(CultureInfo.InvariantCulture) ?? Symbol ?? "?";
}
