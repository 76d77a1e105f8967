namespace Mesh.Console.Components.Charts;

/// <summary>A point of a curve: at <paramref name="X"/> from <paramref name="Low"/> to <paramref name="High"/>, on the whole <paramref name="Value"/>.</summary>
/// <param name="X">Place.</param>
/// <param name="Low">Smallest value there.</param>
/// <param name="High">Largest value there.</param>
/// <param name="Value">What the line goes through.</param>
public readonly record struct ChartPoint(double X, double Low, double High, double Value)
{
    /// <summary>A point of one value.</summary>
    public ChartPoint(double x, double value)
        : this(x, value, value, value)
    {
    }
}
