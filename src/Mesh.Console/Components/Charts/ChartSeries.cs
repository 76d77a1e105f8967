namespace Mesh.Console.Components.Charts;

/// <summary>A curve of a chart.</summary>
/// <param name="Name">What it is called at its end and in the label.</param>
/// <param name="Points">Its points, by place; only finite ones.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<ChartPoint> Points)
{
    /// <summary>Whether points are marked and not joined.</summary>
    public bool IsDots { get; init; }

    /// <summary>Whether it goes in steps: a value holds until the next.</summary>
    public bool IsStairs { get; init; }
}
