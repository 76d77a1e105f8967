namespace Mesh.Commands.Media.Points;

/// <summary>How a cloud is seen from above.</summary>
public sealed record TopViewOptions
{
    /// <summary>Metres from the sensor to each edge (default: 50).</summary>
    public double Metres { get; init; } = 50;

    /// <summary>Pixels of each edge (default: 512).</summary>
    public int Pixels { get; init; } = 512;

    /// <summary>Height of the lowest colour, metres (default: -2.5); what is lower has it too.</summary>
    public double Low { get; init; } = -2.5;

    /// <summary>Height of the highest colour, metres (default: 4); what is higher has it too.</summary>
    public double High { get; init; } = 4;

    /// <summary>Colours for a dark page (default: for a light one).</summary>
    public bool IsDark { get; init; }
}
