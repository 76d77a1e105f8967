namespace Mesh.Commands.Replay;

/// <summary>Which version a product's name is to mean.</summary>
public sealed record ProductSwitchRequest
{
    /// <summary>The version.</summary>
    public int To { get; init; }

    /// <summary>Why; kept with the change.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Who asks; kept with the change.</summary>
    public string By { get; init; } = "";
}
